"""Turns a scene into the HTML of the cancel page: words, amounts and days in one language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel import Locale

from app.cancellation.rules.presets import FIXED_WORDS
from app.cancellation.states import Do, Screen
from app.core.i18n import format_full_day, format_money, zone_of
from app.core.money import Money
from app.outbox.rendering.environment import sentences
from app.portal.cancel.open_form_pages import button, form_page, typed
from app.portal.cancel.scene import Scene
from app.portal.pages import MOST_RELOADS, RELOAD_SECONDS, Pages

WAITING = frozenset({Screen.CANCELLING, Screen.APPLYING, Screen.UNDOING})
LAST = frozenset(
    {Screen.CANCELLED, Screen.APPLIED, Screen.MANUAL, Screen.TALK, Screen.UNDONE, Screen.KEPT, Screen.ENDED}
)
DAYS = ("next_charge_at", "full_charge_at", "ends_at")
AMOUNTS = ("price_during", "price_after", "saved")


def cancel_html(pages: Pages, scene: Scene, *, action: str, reloads: int = 0, back: str | None = None) -> str:
    """The page of a scene. `action`: the path that its forms post to; `reloads`: how often it reloaded itself;
    `back`: where the last screens lead back to."""
    if scene.screen is Screen.BARE:
        return _bare(pages, scene)
    variables = pages.always() | _variables(pages, scene)
    waiting = scene.screen in WAITING
    patient = waiting and reloads < MOST_RELOADS
    again = f"{action}?visit={scene.visit_id}" if scene.visit_id else action
    variables |= {
        "action": again,
        "withdraw": action.replace("/cancel/", "/withdraw/", 1),
        "patient": patient,
        "waiting": waiting,
        "refresh": f"{RELOAD_SECONDS};url={_with(again, reloads + 1)}" if patient else None,
        "look_now": again if waiting else None,
        "back": back if scene.screen in LAST else None,
    }
    said = sentences(pages.environment.get_template("cancel_words.txt"), variables)
    return pages.environment.get_template("cancel.html").render(variables, words=said)


def _bare(pages: Pages, scene: Scene) -> str:
    """The statutory page: its fields and its button, and nothing else."""
    hidden = {"do": Do.CANCEL.value, "visit": scene.visit_id or ""}
    contract = scene.plan or scene.subscription_id
    return form_page(pages, scene.preset, given=typed({}), hidden=hidden, by_link=True, contract=contract)


def _with(path: str, reloads: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}reload={reloads}"


def _variables(pages: Pages, scene: Scene) -> dict[str, Any]:
    locale, preset = pages.language.locale, scene.preset
    return {
        "view": scene.screen.value,
        "visit_id": scene.visit_id,
        "plan": scene.plan,
        "price": _money(scene.price, locale),
        "interval": scene.interval,
        "interval_count": scene.interval_count,
        "ends_on": _day(pages, scene.ends_at),
        "late": scene.late,
        "at_once": scene.at_once,
        "reasons": scene.reasons,
        "features": scene.features,
        "has_options": scene.has_options,
        "offer": offer_in_words(pages, scene.offer),
        "asks_reason": preset.ask_reason,
        "cancel_first": preset.cancel_first,
        "bare": preset.bare_confirmation,
        "first_button": FIXED_WORDS.get(preset.first_button),
        "may_act": scene.may_act,
        "withdraw_button": button(preset.withdraw_button) if scene.is_withdrawable else None,
    }


def offer_in_words(pages: Pages, told: dict[str, Any] | None) -> dict[str, Any] | None:
    """The terms with amounts and days in words."""
    if told is None:
        return None
    locale = pages.language.locale
    amounts = {
        name: _money(
            Money(told[name]["amount_minor"], told[name]["currency"]) if told[name] else None, locale
        )
        for name in AMOUNTS
    }
    days = {name: _day(pages, datetime.fromisoformat(told[name]) if told[name] else None) for name in DAYS}
    percent = told["percent"]
    whole = {"percent": int(percent) if percent is not None and percent == int(percent) else percent}
    free = {"is_free": told["price_during"] is not None and told["price_during"]["amount_minor"] == 0}
    return told | amounts | days | whole | free


def _money(money: Money | None, locale: Locale) -> str | None:
    return format_money(money, locale) if money else None


def _day(pages: Pages, instant: datetime | None) -> str | None:
    if instant is None:
        return None
    return format_full_day(instant, zone_of(pages.zone), pages.language.locale)
