"""The pages of the open form, and which law's words they bear when nobody knows yet who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from babel.core import get_global
from babel.dates import format_date

from app.cancellation.declarations import Declaration
from app.cancellation.rules.presets import FIXED_WORDS, Preset, Whereabouts, preset_for
from app.cancellation.rules.statutory import CHOICES, FIELDS, TITLE
from app.core.i18n import format_moment, zone_of
from app.portal.language import accepted
from app.portal.pages import Pages

GERMAN = {"title": TITLE, "fields": {field.name: field.de for field in FIELDS}, "choices": dict(CHOICES)}
AS_TYPED = ("kind", "reason", "name", "contract", "end", "end_date", "email")


def preset_of_visitor(country: str | None, accept: str | None) -> Preset:
    """By the country that the merchant's link names, else by the browser's first language.

    Words on buttons only: the contract itself follows the customer's place, once it is found.
    """
    return preset_for(Whereabouts(country or _country_of(accept)))


def _country_of(accept: str | None) -> str | None:
    tag = next(iter(accepted(accept)), "").replace("_", "-")
    language, _, rest = tag.partition("-")
    territory = rest.rpartition("-")[2]
    if len(territory) == 2:
        return territory
    likely = get_global("likely_subtags").get(language.lower(), "")
    return str(likely).rpartition("_")[2] or None


def button(key: str) -> dict[str, str | None]:
    """What a button bears: the statute's words with their language, or a key of the page's own."""
    fixed = FIXED_WORDS.get(key)
    return {"key": key, "lang": fixed.lang if fixed else None, "text": fixed.text if fixed else None}


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """The fields as they were typed, to be shown again; empty where there is nothing."""
    return {name: form.get(name, "")[:5000] for name in AS_TYPED}


def form_page(
    pages: Pages,
    preset: Preset,
    *,
    given: Mapping[str, str],
    missing: Collection[str] = (),
    hidden: Mapping[str, str] | None = None,
    by_link: bool = False,
    contract: str = "",
) -> str:
    """The fields of a declaration with the preset's button: in Germany on the bare page, elsewhere on an own one."""
    language = pages.language.locale.language
    return pages.told(
        "cancel_bare" if preset.bare_confirmation else "cancel_form",
        said_by="declaration",
        given=given,
        missing=missing,
        german=GERMAN if preset.bare_confirmation else None,
        german_only=preset.bare_confirmation and language == "de",
        language=language,
        by_link=by_link,
        contract=contract,
        button=button(preset.confirm_button),
        hidden=hidden or {},
    )


def stored_page(pages: Pages, row: Declaration, *, kind: str) -> str:
    """What was declared and when. `kind` is cancellation or withdrawal."""
    locale = pages.language.locale
    wanted = row.content.get("end")
    return pages.told(
        "declaration_stored",
        name_of_page=kind,
        received_at=format_moment(row.received_at, zone_of(pages.zone), locale),
        end_day=format_date(date.fromisoformat(wanted), "long", locale) if wanted else None,
        content={name: row.content.get(name, "") for name in ("kind", "contract", "name", "email", "reason")},
        number=row.id,
    )
