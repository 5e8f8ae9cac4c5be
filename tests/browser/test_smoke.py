"""The shortest look: one page of the real service in a real browser, and one press."""

from __future__ import annotations

from tests.browser.shop import Shop
from tests.browser.walker import Walker
from tests.browser.windows import Windows


def test_a_subscriber_leaves_with_one_press_in_a_browser_without_scripts(
    windows: Windows, shop: Shop
) -> None:
    """Edge case 26."""
    someone = shop.subscriber("US-CA")
    with windows.open() as page:
        walker = Walker(page)
        walker.open(shop.application.cancel_link(someone.customer, someone.subscription))
        walker.cancel("US-CA")
        assert walker.headline == "Your subscription is cancelled"
        assert walker.faults == []
    assert shop.cancels_at(someone) is not None
