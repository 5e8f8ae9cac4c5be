"""Turns a scene into the HTML of the return page: words, amounts and days in one language."""

from __future__ import annotations

from typing import Any

from app.core.i18n import format_full_day, format_money, zone_of
from app.core.text import clean_line
from app.portal.cancel.pages import offer_in_words
from app.portal.pages import LABEL_LIMIT, MOST_RELOADS, RELOAD_SECONDS, Pages
from app.portal.returning.scene import Scene
from app.portal.returning.states import WAITING


def return_html(pages: Pages, scene: Scene, *, action: str, reloads: int = 0) -> str:
    """The page of a scene. `action`: the path that its forms post to; `reloads`: how often it reloaded itself."""
    waiting = scene.view in WAITING
    patient = waiting and reloads < MOST_RELOADS
    query = f"session={scene.session_id}&" if scene.session_id else ""
    again = f"{action}?{query}reload={reloads + 1}"
    return pages.told(
        "return",
        **_variables(pages, scene),
        action_path=action,
        waiting=waiting,
        patient=patient,
        refresh=f"{RELOAD_SECONDS};url={again}" if patient else None,
        look_now=again if waiting else None,
    )


def _variables(pages: Pages, scene: Scene) -> dict[str, Any]:
    locale, way = pages.language.locale, scene.way
    ends_at = scene.ends_at
    name = way.name if way is not None else None
    return {
        "view": scene.view.value,
        "plan": clean_line(name, LABEL_LIMIT) if name else None,
        "is_other": way is not None and way.is_other,
        "price": format_money(scene.price, locale) if scene.price else None,
        "interval": way.plan.interval if way else None,
        "interval_count": way.plan.interval_count if way else 1,
        "ends_on": format_full_day(ends_at, zone_of(pages.zone), locale) if ends_at else None,
        "offer": offer_in_words(pages, scene.offer),
        "offer_name": scene.offer_name or "",
    }
