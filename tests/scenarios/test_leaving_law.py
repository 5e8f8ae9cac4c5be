"""What the law of a place asks of the page, seen in the pages themselves."""

from __future__ import annotations

import re

import pytest

from app.core.db import Database
from tests.scenarios.diary import open_diary
from tests.scenarios.leaving import FREE_MONTH, HALF_PRICE, PAUSE, Leaving, headline, offering
from tests.scenarios.offered import MARCH, before_offer

pytestmark = pytest.mark.same_on_both

MANY = offering({"free": FREE_MONTH, "half": HALF_PRICE, "pause": PAUSE})


def buttons(html: str) -> list[tuple[str, str]]:
    """What each button asks for and how it is dressed, in the order of the keyboard."""
    found = re.findall(r"<button([^>]*)>", html)
    told = [(re.search(r'value="(\w+)"', b), re.search(r'class="([\w ]+)"', b)) for b in found]
    return [(v[1], c[1] if c else "") for v, c in told if v]


@pytest.mark.parametrize("country", [None, "DE"])
def test_after_one_no_there_is_no_second_offer_under_the_strict_rules(
    database: Database, country: str | None
) -> None:
    """Edge case 29. Pressing "keep" and asking again, or the link anew, is still the same case."""
    with open_diary(database, start=MARCH, config=MANY) as diary:
        someone = diary.subscriber(country=country)
        for _ in range(3):
            ada = Leaving(diary, someone)
            ada.press("answer", reason="too_expensive")
            ada.press("permit")
            ada.press("keep")
            ada.press("answer", reason="temporary")
        assert len(ada.grants()) <= 1


def test_the_german_page_that_confirms_has_the_statutory_fields_and_nothing_else(database: Database) -> None:
    """Edge case 30."""
    with open_diary(database, start=MARCH, config=MANY) as diary:
        ada = Leaving(diary, diary.subscriber(country="DE"))
        first = ada.look()
        assert "Verträge hier kündigen" in first
        assert 'name="reason"' not in first
        page = ada.press("cancel")
        assert "jetzt kündigen" in page
        assert ada.subscription["cancel_at"] is None
        assert [do for do, _ in buttons(page)] in ([], ["cancel"])
        assert "<a " not in page
        assert all(word not in page.lower() for word in ("kostenlos", "rabatt", "free", "%"))
        assert headline(ada.press("cancel")) != ""
        assert ada.subscription["cancel_at"] is not None


@pytest.mark.parametrize("country", ["FR", "GB", "IE", None])
def test_cancelling_and_taking_the_offer_weigh_the_same_and_cancelling_comes_first(
    database: Database, country: str | None
) -> None:
    """Edge cases 35, 36, 37: one class, one row, no script, no countdown, readable at any width."""
    with open_diary(database, start=MARCH, config=offering({"free": FREE_MONTH})) as diary:
        ada = before_offer(diary, country=country)
        if country is None:
            assert [do for do, _ in buttons(ada.look())] == ["refuse", "permit"]
            ada.press("permit")
        page = ada.look()
        (first, first_class), (second, second_class) = buttons(page)[:2]
        assert (first, second) == ("cancel", "accept")
        assert first_class == second_class
        assert "<script" not in page
        assert "width=device-width" in page
        assert not re.search(r"hurry|only today|expires in|countdown|last chance", page, re.IGNORECASE)


def test_a_reader_of_arabic_can_cancel_on_a_page_that_runs_from_right_to_left(database: Database) -> None:
    """Edge case 37."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber(locale="ar"))
        page = diary.web.get(ada.path, headers={"accept-language": "ar"}).text
        assert re.search(r"<html[^>]*\bdir=", page) or 'lang="en"' in page
        ada.press("cancel")
        assert ada.subscription["cancel_at"] is not None
