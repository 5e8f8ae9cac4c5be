"""axe on every page of the customer: no violation of WCAG 2.2 at AA, nor of its best practices."""

from __future__ import annotations

import pytest

from tests.browser.journeys import JOURNEYS, Journey
from tests.browser.measures import presses_anyone, violations
from tests.browser.shop import PLACES, Shop
from tests.browser.windows import DESKTOP, PHONE, Scheme, Windows


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_on_any_page(
    windows: Windows, shop: Shop, place: str, journey: Journey, width: int, scheme: Scheme
) -> None:
    """Edge cases 35, 36."""
    with windows.open(width, scheme=scheme, scripts=True) as page:
        found = {name: violations(page) for name in journey(page, shop, place)}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_nothing_counts_down_and_nothing_moves_while_somebody_decides(windows: Windows, shop: Shop) -> None:
    """Scripts are on: they would run if there were any."""
    with windows.open(scripts=True) as page:
        for place in PLACES:
            page.goto(shop.cancel_link(place))
            before = page.content()
            page.wait_for_timeout(300)
            assert page.content() == before
            assert presses_anyone(page) == []
