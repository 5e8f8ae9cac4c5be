"""Turns a template's name and a context into a finished mail. Knows no feature, sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from app.contacts.states import Stream
from app.core.brand import Brand
from app.core.errors import ConfigurationError
from app.core.i18n import FAMILY_NAME_FIRST, Catalogues, Language, our_catalogues, zone_of
from app.core.text import clean_line, first_name
from app.outbox.ports import Letter
from app.outbox.rendering.colours import ENOUGH, contrast, readable_on
from app.outbox.rendering.environment import MailEnvironment, environment, sentences
from app.outbox.rendering.mime import build_mime, split_mailbox
from app.outbox.rendering.prepare import (
    MailNotRendered,
    day_writer,
    full_day_writer,
    harmless,
    moment_writer,
    money_writer,
    month_writer,
    web_link,
)

__all__ = ["MailNotRendered", "MailRenderer", "Rendered", "build_mime", "message_id"]

TEMPLATE_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "emails"
HTML_LIMIT = 100_000  # bytes; a large mail service cuts mails off at 102 KB and hides the footer
SUBJECT_LIMIT = 150
_ADDRESS = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[^\s@<>,;:\"()]+|[^\s@<>,;:\"()]+@localhost")
_TEMPLATE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words of one mail; stored with its outbox row, so a second try sends the same."""

    subject: str
    text: str
    html: str


class MailRenderer:
    """Makes mails in the merchant's name. Thread-safe; templates are compiled once a language.

    `sender`: `Acme <billing@acme.example>`; `marketing_sender`: the same for marketing mail, that complaints
    about one do not hurt the other. `reply_to`: an address that a person reads, or None.
    `postal_address`: shown at the foot. Raises ConfigurationError for a sender or website that is none.
    """

    def __init__(
        self,
        brand: Brand,
        *,
        sender: str,
        reply_to: str | None,
        postal_address: str | None,
        marketing_sender: str | None = None,
        templates: Path = TEMPLATE_FOLDER,
        catalogues: Catalogues | None = None,
    ) -> None:
        given = {
            "RECLAIM_MAIL_FROM": sender,
            "RECLAIM_MAIL_MARKETING_FROM": marketing_sender,
            "RECLAIM_MAIL_REPLY_TO": reply_to,
        }
        for what, value in given.items():
            if value is not None and not _ADDRESS.fullmatch(split_mailbox(value)[1]):
                raise ConfigurationError(f"{what} must read `Name <name@example.com>`")
        self._brand, self._reply_to = brand, reply_to
        self._senders = {Stream.TRANSACTIONAL: sender, Stream.MARKETING: marketing_sender or sender}
        self._folder = templates
        self._catalogues = catalogues or our_catalogues()
        self._environments: dict[str, MailEnvironment] = {}
        self._always = _merchant(brand, reply_to, postal_address)

    def names(self) -> list[str]:
        """Every mail there is a template for."""
        return sorted(path.parent.name for path in self._folder.glob("*/subject.txt"))

    def render(self, template: str, *, locale: str | None, context: Mapping[str, Any]) -> Rendered:
        """The mail's words in the customer's language or the merchant's; raises MailNotRendered.

        `context` is plain JSON; app/outbox/rendering/context.py says what each mail needs.
        """
        if not _TEMPLATE_NAME.fullmatch(template):
            raise MailNotRendered(f"{template!r} is no mail's name")
        language = self._catalogues.choose(locale, self._brand.default_locale)
        try:
            variables = self._variables(language, harmless(context))
            rendered = self._fill(self._environment(language), template, variables)
        except (TemplateError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise MailNotRendered(f"{template}: {type(error).__name__}: {error}") from error
        if len(rendered.html.encode()) > HTML_LIMIT:
            raise MailNotRendered(f"{template}: the HTML part is over {HTML_LIMIT // 1000} KB")
        return rendered

    def letter(
        self,
        rendered: Rendered,
        *,
        to: str,
        key: str,
        dated: datetime | None = None,
        unsubscribe_url: str | None = None,
    ) -> Letter:
        """A letter ready for a transport.

        `key` names the intent, e.g. the outbox row's id and version: the same key gives the same Message-ID.
        `unsubscribe_url`: marketing mail, and only that (RFC 8058, one click by POST); payment mail has none.
        """
        # RFC 3834: no holiday reply answers this, so none is taken for a customer's answer and holds the case.
        headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
        if dated is not None:
            headers["Date"] = format_datetime(dated)
        if unsubscribe_url is not None:
            headers["List-Unsubscribe"] = f"<{web_link(unsubscribe_url)}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        stream = Stream.TRANSACTIONAL if unsubscribe_url is None else Stream.MARKETING
        sender = self._senders[stream]
        return Letter(
            message_id=message_id(key, sender),
            sender=sender,
            to=to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            reply_to=self._reply_to,
            headers=headers,
            stream=stream,
        )

    def _environment(self, language: Language) -> MailEnvironment:
        name = language.catalogue
        if name not in self._environments:  # two threads may both build it; either is good
            self._environments[name] = environment(self._folder, self._catalogues.languages[name])
        return self._environments[name]

    def _variables(self, language: Language, context: dict[str, Any]) -> dict[str, Any]:
        zone = zone_of(context.get("time_zone"))
        family_first = language.locale.language in FAMILY_NAME_FIRST
        name = (context.get("customer") or {}).get("name")
        return {
            "unsubscribe_url": None,  # the layout prints them where a mail has them
            "preferences_url": None,
            **context,
            **self._always,
            "lang": language.tag,
            "direction": language.direction,
            "first_name": first_name(name, family_first=family_first),
            "money": money_writer(language.locale),
            "day": day_writer(language.locale, zone, weekday=True),
            "short_day": day_writer(language.locale, zone, weekday=False),
            "full_day": full_day_writer(language.locale, zone),
            "named_month": month_writer(language.locale),
            "moment": moment_writer(language.locale, zone),
        }

    def _fill(self, env: MailEnvironment, name: str, variables: dict[str, Any]) -> Rendered:
        variables["words"] = sentences(env.get_template(f"{name}/words.txt"), variables)
        subject = env.get_template(f"{name}/subject.txt").render(variables)
        text = env.get_template(f"{name}/body.txt").render(variables)
        html = env.get_template(f"{name}/body.html").render(variables)
        return Rendered(
            clean_line(subject, SUBJECT_LIMIT),
            _EMPTY_LINES.sub("\n\n", text).strip() + "\n",
            html,
        )


def message_id(key: str, sender: str) -> str:
    """`<32 hex digits@the sender's domain>`, the same for the same key: receivers can match a second copy."""
    domain = split_mailbox(sender)[1].rpartition("@")[2].encode("idna").decode()
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def _merchant(brand: Brand, reply_to: str | None, postal_address: str | None) -> dict[str, Any]:
    """What every template knows of the merchant, with colours that can be read."""
    try:
        website = web_link(brand.website) if brand.website else None
    except MailNotRendered as error:
        raise ConfigurationError("[brand] website must be an http or https address") from error
    link = brand.accent if contrast(brand.accent, "#ffffff") >= ENOUGH else "#1b1d22"
    return {
        "brand": {**brand.model_dump(), "website": website},
        "button_colour": brand.accent,
        "button_text_colour": readable_on(brand.accent, brand.accent_text),
        "link_colour": link,
        "may_reply": reply_to is not None,
        "postal_lines": [clean_line(line) for line in (postal_address or "").splitlines() if line.strip()],
    }
