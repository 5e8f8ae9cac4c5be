"""The way of a customer from the mail's link over our page and the provider's to a paid invoice."""

import re

import pytest

from app.core.db import Database
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary, open_diary

pytestmark = pytest.mark.same_on_both

GOOD, DECLINES = "5555555555554444", "4000000000000341"


def link_in_newest_mail(diary: Diary) -> str:
    found = re.search(r"http://testserver(/card/\S+)", diary.mailbox.text())
    assert found
    return found[1]


def press_the_button(diary: Diary, link: str) -> str:
    """POST on our page; the provider's page it leads to."""
    answer = diary.web.post(link)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def owing(diary: Diary, code: str = "lost_card") -> Subscriber:
    ada = diary.failing(code)
    diary.until("2026-04-01T14:00:00")
    return ada


def test_a_link_leads_over_two_pages_to_a_paid_invoice(database: Database) -> None:
    """Edge cases 24, 26, 34, 35."""
    with open_diary(database) as diary:
        ada = owing(diary)
        link = link_in_newest_mail(diary)
        before = len(diary.story())
        for _ in range(3):  # a mail scanner looks first
            shown = diary.web.get(link)
            assert shown.status_code == 200
        diary.tick()
        assert diary.visits() == []
        assert len(diary.story()) == before
        assert "4242" in shown.text
        assert "29.00" in shown.text
        for secret in ("ada@example.com", "Lovelace", ada.customer, "lost"):
            assert secret not in shown.text

        back = diary.sandbox.use_card(press_the_button(diary, link), GOOD)
        assert back.startswith("http://testserver/card/")
        diary.tick()
        assert diary.visits() == ["paid"]
        assert diary.case().outcome == "recovered"
        assert diary.web.get(back.removeprefix("http://testserver")).status_code == 200

        # The link is dead now: it says thank you and leads nowhere.
        assert diary.web.post(link).status_code == 200
        assert diary.visits() == ["paid"]
        diary.until("2026-04-10T10:00:00")
        assert [name for _, name in diary.sent()] == ["payment_failed_new_method", "payment_recovered"]


def test_a_second_card_that_is_declined_too_is_shown_on_the_page_at_once(database: Database) -> None:
    """Edge case 30."""
    with open_diary(database) as diary:
        owing(diary)
        link = link_in_newest_mail(diary)
        back = diary.sandbox.use_card(press_the_button(diary, link), DECLINES)
        diary.tick()
        shown = diary.web.get(back.removeprefix("http://testserver")).text
        assert "The new card did not work either" in shown
        assert diary.visits() == ["declined"]
        assert diary.case().state == "open"
        assert diary.case().category == "soft_generic"

        diary.until("2026-04-01T14:05:00")
        diary.enter_card(press_the_button(diary, link), GOOD)
        assert diary.case().outcome == "recovered"


def test_the_button_for_a_confirmation_leads_to_the_invoice_and_not_to_a_card_form(
    database: Database,
) -> None:
    """Edge cases 14, 23."""
    with open_diary(database) as diary:
        ada = diary.subscriber()
        diary.sandbox.decline(ada.payment_method, None, requires_action=True)
        diary.until("2026-04-01T14:00:00")
        page = press_the_button(diary, link_in_newest_mail(diary))
        assert page.endswith(f"/invoice/{diary.newest_invoice(ada)}")
        diary.sandbox.confirm_payment(page)
        diary.tick()
        assert diary.case().outcome == "recovered"
        assert diary.visits() == []


def test_a_press_on_the_button_after_the_payment_charges_nothing(database: Database) -> None:
    """Edge cases 27, 29: our rows still say open, the provider knows better."""
    with open_diary(database) as diary:
        ada = owing(diary)
        page = press_the_button(diary, link_in_newest_mail(diary))
        diary.hold_deliveries = True
        diary.sandbox.pay_out_of_band(diary.newest_invoice(ada))
        diary.lose_held()
        diary.enter_card(page)
        assert diary.attempts(diary.newest_invoice(ada)) == 1
        assert diary.visits() == ["paid"]
        assert diary.case().state == "open"  # the payment's own events are lost
        diary.application.upkeep.reconcile()
        diary.tick()
        assert diary.case().outcome == "recovered"


def test_a_link_that_is_old_or_made_up_opens_nothing(database: Database) -> None:
    """Edge cases 35, 36."""
    with open_diary(database) as diary:
        owing(diary)
        link = link_in_newest_mail(diary)
        assert diary.web.get(link[:-3] + "abc").status_code == 404
        assert diary.web.post(link[:-3] + "abc").status_code == 404
        diary.until("2026-04-14T10:00:00")
        assert diary.web.get(link).status_code == 200
        diary.until("2026-04-15T14:30:00")
        assert diary.web.get(link).status_code == 410
        assert diary.visits() == []
