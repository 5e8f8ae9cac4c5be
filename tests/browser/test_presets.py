"""Every preset at two widths, in both colour schemes, without scripts: out in few presses, and fair on the way."""

from __future__ import annotations

import pytest

from app.cancellation.rules.presets import PRESETS
from tests.browser.measures import pair
from tests.browser.shop import PLACES, Shop
from tests.browser.walker import Walker
from tests.browser.windows import DESKTOP, PHONE, Scheme, Windows

MOST_PRESSES = 2
WINDOWS = [(width, scheme) for width in (PHONE, DESKTOP) for scheme in ("light", "dark")]


def test_every_preset_is_walked() -> None:
    assert set(PLACES) == set(PRESETS)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
@pytest.mark.parametrize("place", PLACES)
def test_from_the_first_page_it_takes_at_most_two_presses_to_be_cancelled_and_one_to_take_it_back(
    windows: Windows, shop: Shop, place: str, width: int, scheme: Scheme
) -> None:
    """Edge cases 26, 36."""
    someone = shop.subscriber(place)
    with windows.open(width, scheme=scheme) as page:
        walker = Walker(page)
        walker.open(shop.application.cancel_link(someone.customer, someone.subscription))
        walker.cancel(place)
        assert walker.headline == "Your subscription is cancelled"
        assert walker.presses == (2 if PRESETS[place].bare_confirmation else 1) <= MOST_PRESSES
        assert shop.cancels_at(someone) is not None
        walker.press("undo")
        assert shop.cancels_at(someone) is None
        assert walker.faults == []


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
@pytest.mark.parametrize("place", PLACES)
def test_an_offer_stands_beside_a_control_of_the_same_size_and_weight_that_cancels(
    windows: Windows, shop: Shop, place: str, width: int, scheme: Scheme
) -> None:
    """Edge case 26. The order of the document is the order of the keyboard."""
    someone = shop.subscriber(place)
    with windows.open(width, scheme=scheme) as page:
        walker = Walker(page)
        walker.open(shop.application.cancel_link(someone.customer, someone.subscription))
        walker.to_the_offer(place)
        controls = pair(page)
        assert [c["value"] for c in controls] == (
            ["cancel", "accept"] if PRESETS[place].cancel_first else ["accept", "cancel"]
        )
        first, second = controls
        assert (first["width"], first["height"], first["look"]) == (
            second["width"],
            second["height"],
            second["look"],
        )
        assert all(c["bottom"] <= page.evaluate("innerHeight") for c in controls), "nobody has to scroll"
        walker.press("accept")
        assert walker.headline == "It is done"
        assert walker.faults == []
    assert shop.cancels_at(someone) is None


@pytest.mark.parametrize("place", PLACES)
def test_from_an_offer_it_is_as_near_as_from_the_first_page(windows: Windows, shop: Shop, place: str) -> None:
    """Edge case 26."""
    someone = shop.subscriber(place)
    with windows.open() as page:
        walker = Walker(page)
        walker.open(shop.application.cancel_link(someone.customer, someone.subscription))
        walker.to_the_offer(place, "not_using")
        walker.presses = 0
        walker.cancel(place)
        assert walker.headline == "Your subscription is cancelled"
        assert walker.presses <= MOST_PRESSES
        assert walker.faults == []
    assert shop.cancels_at(someone) is not None


def test_a_question_for_permission_has_two_equal_answers(windows: Windows, shop: Shop) -> None:
    with windows.open(DESKTOP) as page:
        walker = Walker(page)
        walker.open(shop.cancel_link("US-MN"))
        walker.choose("too_expensive")
        walker.press("answer")
        refuse, permit = pair(page)
        assert (refuse["value"], permit["value"]) == ("refuse", "permit")
        assert (refuse["width"], refuse["height"], refuse["look"]) == (
            permit["width"], permit["height"], permit["look"],
        )  # fmt: skip
        walker.press("refuse")
        assert walker.headline == "Your subscription is cancelled"
        assert walker.faults == []


def test_the_german_page_of_confirmation_bears_nothing_but_its_fields_and_its_button(
    windows: Windows, shop: Shop
) -> None:
    """Edge case 30."""
    with windows.open() as page:
        walker = Walker(page)
        walker.open(shop.cancel_link("DE"))
        assert walker.button("cancel").inner_text() == "Verträge hier kündigen"
        walker.press("cancel")
        assert page.locator("a").count() == 0
        assert page.locator("button").all_inner_texts() == ["jetzt kündigen"]
        assert page.locator("footer").count() == 0
        names = page.locator("main input:not([type=hidden]), main textarea").evaluate_all(
            "all => all.map(f => f.name)"
        )
        assert list(dict.fromkeys(names)) == ["kind", "reason", "name", "end", "end_date", "email"]
