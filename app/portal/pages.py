"""Turns a verdict into the HTML of the card page: words, amounts and days in one language.

The reason of a failure is said by the mails' own sentences (templates/emails/_payment_words.txt), so a page
never says more than the mail did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from babel import Locale
from babel.support import NullTranslations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.billing.facts import Decline
from app.billing.states import InvoiceState
from app.core.brand import Brand
from app.core.i18n import Catalogues, Language, format_day, format_money, zone_of
from app.core.money import Money, total
from app.core.text import clean_line
from app.core.web import TEMPLATES
from app.dunning.rules.decline import Treatment
from app.outbox.rendering.environment import sentences
from app.outbox.rendering.prepare import card_brand
from app.portal.expiring import CardLine
from app.portal.origins import origin_of
from app.portal.rules import Verdict
from app.portal.states import CardView, Remedy, View

LABEL_LIMIT = 120
MOST_INVOICES = 20
WANTS_A_CARD = frozenset({CardView.DUE, CardView.FAILED})
RELOAD_SECONDS = 3
MOST_RELOADS = 30  # 90 seconds of real time; after that the page stops looking by itself


@lru_cache(maxsize=32)
def _environment(words: NullTranslations) -> Environment:
    """Portal templates first, then the mails'. Only `.html` escapes; sentences are made in `.txt` files as
    plain strings, and escaped where a `.html` file prints them."""
    env = Environment(
        loader=FileSystemLoader([TEMPLATES / "portal", TEMPLATES / "emails"]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(card_brand=card_brand)
    return env


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages of one merchant in one language. `zone` is an IANA name: where the customer lives."""

    brand: Brand
    words: Catalogues
    language: Language
    zone: str | None = None

    def card(
        self, verdict: Verdict, *, older_too: bool, now: datetime, reloads: int = 0, session_id: str = ""
    ) -> str:
        """The card page. `older_too`: a new card pays every open invoice, not only the newest.

        `reloads`: how often the page has reloaded itself; `session_id`: only one of the case's own.
        """
        variables = self._card_variables(verdict, now)
        variables["older_too"] = older_too
        waiting = verdict.view is View.CHARGING
        patient = waiting and reloads < MOST_RELOADS
        variables["patient"] = patient
        said = sentences(self.environment.get_template("card_words.txt"), variables)
        again = f"?session={quote(session_id)}"
        return self.environment.get_template("card.html").render(
            variables,
            words=said,
            waiting=waiting,
            refresh=f"{RELOAD_SECONDS};url={again}&reload={reloads + 1}" if patient else None,
            look_now=again if waiting else None,
            stop_looking=f"{again}&reload={MOST_RELOADS}" if patient else None,
        )

    def expiring_card(
        self, view: CardView, lines: Sequence[CardLine], *, reloads: int = 0, session_id: str = ""
    ) -> str:
        """The page about a card that is to expire. The other arguments as for `card`."""
        waiting = view is CardView.SAVING
        patient = waiting and reloads < MOST_RELOADS
        variables = self.always() | {
            "view": view.value,
            "has_button": view in WANTS_A_CARD,
            "patient": patient,
            "shown": MOST_INVOICES,
            "cards": [self._card_line(line) for line in lines],
        }
        said = sentences(self.environment.get_template("card_expiring_words.txt"), variables)
        again = f"?session={quote(session_id)}"
        return self.environment.get_template("card_expiring.html").render(
            variables,
            words=said,
            refresh=f"{RELOAD_SECONDS};url={again}&reload={reloads + 1}" if patient else None,
            look_now=again if waiting else None,
        )

    def _card_line(self, line: CardLine) -> dict[str, Any]:
        last4 = line.last4 if line.last4 and line.last4.isalnum() and len(line.last4) <= 4 else None
        return {
            "label": clean_line(line.label, LABEL_LIMIT) if line.label else None,
            "brand": line.brand,
            "last4": last4,
            "valid_until": self._day(line.valid_until, weekday=False),
            "charge_on": self._day(line.charge_at, weekday=False),
        }

    def message(self, name: str, **more: Any) -> str:
        """A page that only tells something: `link_invalid`, `link_expired`, `not_our_form`, `unreachable`,
        `unreachable_for_long`, `no_way_to_pay`, `nothing_left`, `onward`."""
        variables = self.always() | {"name": name, "next_url": None} | more
        said = sentences(self.environment.get_template("message_words.txt"), variables)
        return self.environment.get_template("message.html").render(variables, words=said)

    def unsubscribe(self, *, done: bool, preferences: str) -> str:
        """A button to unsubscribe with, or that it is done. `preferences`: the path of the preferences page."""
        variables = self.always() | {"done": done, "preferences": preferences}
        said = sentences(self.environment.get_template("unsubscribe_words.txt"), variables)
        return self.environment.get_template("unsubscribe.html").render(variables, words=said)

    def preferences(self, *, marketing: bool, for_good: bool, saved: bool) -> str:
        """What a person gets from us. `for_good`: marketing is off, and not theirs to switch on again here."""
        languages = [(code, _own_name(code)) for code in sorted(self.words.languages)]
        variables = self.always() | {"marketing": marketing, "for_good": for_good, "languages": languages}
        variables |= {"chosen": self.language.catalogue}
        said = sentences(self.environment.get_template("preferences_words.txt"), variables)
        return self.environment.get_template("preferences.html").render(variables, words=said, saved=saved)

    def told(self, template: str, /, *, said_by: str | None = None, **variables: Any) -> str:
        """The page `template`.html; its `words` are those of `template`_words.txt, or of `said_by`."""
        known = self.always() | variables
        said = sentences(self.environment.get_template(f"{said_by or template}_words.txt"), known)
        return self.environment.get_template(f"{template}.html").render(known, words=said)

    @property
    def environment(self) -> Environment:
        return _environment(self.words.languages[self.language.catalogue])

    def always(self) -> dict[str, Any]:
        website = self.brand.website
        return {
            "brand": self.brand,
            "website": website if origin_of(website) else None,
            "lang": self.language.tag,
            "direction": self.language.direction,
        }

    def _card_variables(self, verdict: Verdict, now: datetime) -> dict[str, Any]:
        locale = self.language.locale
        invoices = [self._line(i) for i in verdict.invoices]
        sums = total(_amount(i) for i in verdict.invoices)
        retries = [i.next_payment_attempt_at for i in verdict.invoices if i.next_payment_attempt_at]
        retry_at = min((at for at in retries if at > now), default=None)
        given = verdict.treatment
        variables = self.always() | {
            "view": verdict.view.value,
            "notice": verdict.notice.value,
            "remedy": verdict.remedy.value,
            "treatment": given.treatment if given else None,
            "invoices": invoices,
            "shown": MOST_INVOICES,
            "totals": [format_money(money, locale) for money in sums],
            "method": _method(given, verdict),
            "message": given.message if given else None,
            "stage": "first",
            "has_button": verdict.remedy is not Remedy.NONE,
            "retry_day": self._day(retry_at, weekday=True) if retry_at else None,
        }
        new = verdict.new_treatment
        variables["reason"] = self._reason(variables) if given else ""
        told = {"message": new.message, "method": _NEW_CARD} if new else {}
        variables["new_reason"] = self._reason(variables | told) if new else ""
        return variables

    def _reason(self, variables: dict[str, Any]) -> str:
        return str(sentences(self.environment.get_template("reason.txt"), variables)["reason"])

    def _line(self, invoice: InvoiceState) -> dict[str, Any]:
        return {
            "label": clean_line(invoice.label, LABEL_LIMIT) if invoice.label else None,
            "amount": format_money(_amount(invoice), self.language.locale),
            "failed_on": self._day(invoice.failed_at, weekday=False) if invoice.failed_at else None,
        }

    def _day(self, at: datetime, *, weekday: bool) -> str:
        return format_day(at, zone_of(self.zone), self.language.locale, weekday=weekday)


def _own_name(language: str) -> str:
    """`de` is `Deutsch`."""
    locale = Locale.parse(language)
    return str(locale.get_display_name(locale) or language).capitalize()


_NEW_CARD = {"kind": "card", "brand": None, "last4": None, "label": None}


def _amount(invoice: InvoiceState) -> Money:
    return Money(invoice.amount_remaining_minor or invoice.amount_due_minor, invoice.currency)


def _method(treatment: Treatment | None, verdict: Verdict) -> dict[str, Any]:
    """What the newest failure was paid with: brand and last four digits, nothing else of it."""
    newest = max(verdict.invoices, key=lambda i: (i.last_failed_at or i.seen_at, i.id), default=None)
    decline = Decline(**newest.decline) if newest and newest.decline else Decline()
    last4 = decline.last4 if decline.last4 and decline.last4.isalnum() and len(decline.last4) <= 4 else None
    kind = treatment.method.value if treatment else "unknown"
    return {"kind": kind, "brand": decline.brand, "last4": last4, "label": None}
