"""The keyboard alone, scripts off: Tab, Space and Enter lead out in every preset, and the focus is seen on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.cancellation.rules.presets import PRESETS, OfferPlace
from tests.browser.shop import PLACES, Shop
from tests.browser.windows import DESKTOP, Windows

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A date's field takes several stops; on that of its calendar the ring is the browser's own, inside the field.
FOCUSED = """() => {
  const at = document.activeElement
  if (!at || at == document.body) return null
  const box = at.getBoundingClientRect(), style = getComputedStyle(at)
  return {what: at.outerHTML.slice(0, 80), name: at.name || '',
    value: at.value || at.getAttribute('href') || at.tagName,
    top: box.top + scrollY, left: box.left, seen: box.bottom > 0 && box.top < innerHeight,
    ring: at.type == 'date' || style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2}}"""
MOST_STOPS = 40


def stops(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key, from the top of the page until it leaves it: no trap."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None:
            return found
        found.append(at)
    raise AssertionError(f"the focus never leaves the page: {found}")


def tab_to(page: Page, name: str, value: str = "") -> None:
    """Tab until the control of this name has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is not None and at["name"] == name and value in ("", at["value"]):
            assert at["ring"], f"no focus to be seen on {at['what']}"
            assert at["seen"], f"the focus is out of sight on {at['what']}"
            return
    raise AssertionError(f"no Tab reaches {name}={value}")


def enter(page: Page, at: str) -> None:
    """Press the button that does this, with Enter."""
    tab_to(page, "do", at)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def go_to_the_offer(page: Page, place: str) -> None:
    if PRESETS[place].ask_reason:
        tab_to(page, "reason")
        page.keyboard.press("Space")
        assert page.locator("input[name=reason]:checked").get_attribute("value") == "too_expensive"
    enter(page, "answer")
    if PRESETS[place].offer_place is OfferPlace.AFTER_PERMISSION:
        enter(page, "permit")


@pytest.mark.parametrize("place", PLACES)
def test_with_the_keyboard_alone_a_subscriber_reads_the_offer_and_leaves(
    windows: Windows, shop: Shop, place: str
) -> None:
    """Edge case 35."""
    someone = shop.subscriber(place)
    with windows.open(DESKTOP) as page:
        page.goto(shop.application.cancel_link(someone.customer, someone.subscription))
        go_to_the_offer(page, place)
        enter(page, "cancel")
        if PRESETS[place].bare_confirmation:
            tab_to(page, "email")
            with page.expect_navigation():
                page.keyboard.press("Enter")
        assert page.locator("h1").inner_text() == "Your subscription is cancelled"
    assert shop.cancels_at(someone) is not None


@pytest.mark.parametrize("place", PLACES)
def test_the_focus_passes_cancel_before_accept_in_the_order_of_the_eye_and_is_never_caught(
    windows: Windows, shop: Shop, place: str
) -> None:
    """Edge case 35."""
    with windows.open() as page:
        page.goto(shop.cancel_link(place))
        go_to_the_offer(page, place)
        page.reload()
        passed = stops(page)
        does = [at["value"] for at in passed if at["name"] == "do"]
        assert does == (
            ["cancel", "accept", "keep"] if PRESETS[place].cancel_first else ["accept", "cancel", "keep"]
        )
        assert all(at["ring"] for at in passed)
        assert [at["top"] for at in passed] == sorted(at["top"] for at in passed)


@pytest.mark.parametrize("place", PLACES)
def test_on_the_first_page_and_the_last_the_focus_follows_the_eye(
    windows: Windows, shop: Shop, place: str
) -> None:
    """Edge case 35."""
    with windows.open() as page:
        page.goto(shop.cancel_link(place))
        first = stops(page)
        page.reload()
        enter(page, "cancel")
        for passed in (first, stops(page)):
            assert all(at["ring"] for at in passed), passed
            assert [at["top"] for at in passed] == sorted(at["top"] for at in passed)
