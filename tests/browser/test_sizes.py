"""The narrowest phone, both kinds of zoom, and writing from right to left: nothing is cut off, nothing overlaps."""

from __future__ import annotations

import pytest

from tests.browser.journeys import JOURNEYS, Journey
from tests.browser.measures import faults, overhang, pair
from tests.browser.serving import RIGHT_TO_LEFT
from tests.browser.shop import PLACES, Shop
from tests.browser.walker import Walker
from tests.browser.windows import DESKTOP, PHONE, Windows

LARGE_TEXT = (
    "document.documentElement.style.fontSize = '200%'"  # what a reader sets in the browser's settings
)
NARROW = ("STRICT", "DE", "FR")  # one place of each shape: asks for permission, bare page, two languages


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
@pytest.mark.parametrize("place", NARROW)
def test_at_320_points_no_page_scrolls_sideways_also_with_letters_of_twice_the_size(
    windows: Windows, shop: Shop, place: str, journey: Journey
) -> None:
    """Edge case 36; WCAG 1.4.4, 1.4.10."""
    found: list[str] = []
    with windows.open(320, 640) as page:
        for name in journey(page, shop, place):
            found += faults(page)
            page.evaluate(LARGE_TEXT)
            if overhang(page) > 0:
                found.append(f"{name} with large letters")
    assert found == []


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
@pytest.mark.parametrize("place", NARROW)
def test_at_twice_the_zoom_every_page_is_whole(
    windows: Windows, shop: Shop, place: str, journey: Journey
) -> None:
    """Edge case 36."""
    with windows.open(DESKTOP, 800, zoom=2) as page:
        assert [fault for _ in journey(page, shop, place) for fault in faults(page)] == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_from_right_to_left_every_page_is_mirrored_and_whole(
    windows: Windows, shop: Shop, journey: Journey, width: int
) -> None:
    """Edge case 37."""
    with windows.open(width, locale=RIGHT_TO_LEFT) as page:
        for name in journey(page, shop, "EU"):
            assert page.locator("html").get_attribute("dir") == "rtl", name
            assert faults(page) == []


def test_from_right_to_left_the_first_control_stands_right(windows: Windows, shop: Shop) -> None:
    """Edge case 37."""
    with windows.open(DESKTOP, locale=RIGHT_TO_LEFT) as page:
        walker = Walker(page)
        walker.open(shop.cancel_link("EU"))
        walker.to_the_offer("EU")
        first, second = pair(page)
        assert (first["value"], first["left"] > second["right"]) == ("cancel", True)
        assert (first["width"], first["look"]) == (second["width"], second["look"])


@pytest.mark.parametrize("place", PLACES)
def test_the_first_page_with_large_letters_still_has_both_ways(
    windows: Windows, shop: Shop, place: str
) -> None:
    """Edge case 36."""
    with windows.open() as page:
        page.goto(shop.cancel_link(place))
        page.evaluate(LARGE_TEXT)
        controls = pair(page)
        assert all(0 <= c["left"] < c["right"] <= 360 for c in controls)
        assert len({c["width"] for c in controls}) == 1
