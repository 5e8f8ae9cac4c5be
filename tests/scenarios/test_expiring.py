"""Cards about to expire: who is told, when, and what becomes of it.

Everybody subscribes when the story begins, on 1 May at ten, from Berlin; the next charge is an hour after a
period's end. Ada's notices would go on 10 and on 25 June, by her number's share of the days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.cases.models import Case
from app.cases.states import StepState
from app.core.db import Database
from app.expiring.rules.policy import ExpiringPolicy
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary, configured, open_diary

START = "2026-05-01T10:00:00"
NOTICE, SAVED = "card_expiring", "card_expiring_saved"
JUNE = (6, 2026)
GOOD = "5555555555554444"


@pytest.fixture
def diary(database: Database) -> Iterator[Diary]:
    with open_diary(database, start=START) as opened:
        yield opened


def payer(diary: Diary, exp: tuple[int, int] = JUNE, **wanted: Any) -> Subscriber:
    """Somebody who pays from today on, by default with a card that ends in June."""
    values: dict[str, Any] = {"start": None, "country": "DE", "exp": exp} | wanted
    return diary.subscriber(**values)


def notices(diary: Diary) -> list[str]:
    """The days on which notices left, in UTC."""
    return [day for day, name in diary.sent() if name == NOTICE]


def of_cards(diary: Diary) -> list[Case]:
    return [c for c in diary.cases() if c.kind == "expiring_card"]


def the_case(diary: Diary) -> Case:
    (case,) = of_cards(diary)
    return case


def set_default(diary: Diary, someone: Subscriber, name: str = "pm_card_mastercard") -> str:
    method = diary.merchant.payment_methods.attach(name, {"customer": someone.customer})
    diary.merchant.customers.update(
        someone.customer, {"invoice_settings": {"default_payment_method": method.id}}
    )
    diary.tick()
    return method.id


@pytest.mark.same_on_both
def test_notices_go_once_the_next_charge_is_the_one_that_would_fail(diary: Diary) -> None:
    """Edge cases 40, 41: the card is good through 30 June, so the charge of 1 June comes first."""
    payer(diary)
    diary.until("2026-06-01T09:00:00")
    assert diary.cases() == []
    diary.until("2026-07-01T09:00:00")
    assert the_case(diary).state == "open"
    sent = [date.fromisoformat(f"2026-{day}") for day in notices(diary)]
    assert [
        (date(2026, 6, 30) - at).days in wide
        for at, wide in zip(sent, (range(14, 21), range(3, 8)), strict=True)
    ]
    assert len(sent) == 2
    first, last = (mail.get_body(("plain",)).get_content() for mail in diary.mailbox.mails)  # type: ignore[union-attr]
    for text in (first, last):
        assert "ending in 4242, is valid until Tuesday" in text
        assert "30" in text
        assert "Nothing is due yet" in text
    assert "reminder" not in first
    assert "A quick reminder" in last


@pytest.mark.same_on_both
def test_a_card_of_july_is_not_told_of_in_june(diary: Diary) -> None:
    payer(diary, (7, 2026))
    diary.until("2026-06-30T20:00:00")
    assert diary.cases() == []


@pytest.mark.same_on_both
def test_a_yearly_plan_is_told_near_its_renewal(database: Database) -> None:
    """Edge case 41: nine months before the charge nobody minds."""
    with open_diary(database, start=START) as diary:
        payer(diary, (8, 2026), interval="year")
        diary.until("2027-03-20T10:00:00")
        assert diary.cases() == []
        diary.until("2027-05-01T09:00:00")
        assert the_case(diary).category == "charge"
        assert len(notices(diary)) == 3
        assert all("03-25" <= day <= "04-28" for day in notices(diary))
        assert "was valid until Monday" in diary.mailbox.text()


@pytest.mark.same_on_both
@pytest.mark.parametrize(
    "wish",
    [
        {"cancel_at_period_end": True},
        {"collection_method": "send_invoice", "days_until_due": 14},
        {"pause_collection": {"behavior": "void"}},
    ],
    ids=["leaving", "by_invoice", "paused"],
)
@pytest.mark.same_on_both
def test_nobody_is_told_of_a_charge_that_will_not_be_made(diary: Diary, wish: dict[str, object]) -> None:
    """Edge case 41."""
    ada = payer(diary)
    diary.until("2026-06-02T09:00:00")
    assert the_case(diary).state == "open"
    diary.merchant.subscriptions.update(ada.subscription, wish)  # type: ignore[arg-type]
    diary.tick()
    assert the_case(diary).outcome == "not_needed"
    diary.until("2026-07-20T09:00:00")
    assert notices(diary) == []


@pytest.mark.slow
@pytest.mark.same_on_both
def test_a_plan_that_costs_nothing_is_left_alone(diary: Diary) -> None:
    payer(diary, amount=0)
    diary.until("2026-07-05T09:00:00")
    assert diary.cases() == []


@pytest.mark.same_on_both
def test_a_discount_of_everything_is_seen_in_the_providers_preview(diary: Diary) -> None:
    """Our rows know prices only; before the mail leaves the provider is asked what it will charge."""
    ada = payer(diary)
    diary.until("2026-06-02T09:00:00")
    coupon = diary.merchant.coupons.create({"percent_off": 100, "duration": "forever"})
    diary.merchant.subscriptions.update(ada.subscription, {"discounts": [{"coupon": coupon.id}]})
    diary.until("2026-06-30T20:00:00")
    assert notices(diary) == []
    assert diary.says("the provider says that the next charge comes to nothing")


@pytest.mark.same_on_both
def test_only_the_card_that_would_be_charged_counts(diary: Diary) -> None:
    """Edge case 42: another saved card of the customer ends, and that is no concern of theirs."""
    ada = payer(diary)
    diary.until("2026-05-10T09:00:00")
    set_default(diary, ada)
    diary.until("2026-07-20T09:00:00")
    assert diary.cases() == []


@pytest.mark.same_on_both
def test_a_newer_default_that_is_not_charged_is_put_right_by_a_person(diary: Diary) -> None:
    """Edge case 42: the customer has done their part; the subscription's own card goes before it."""
    ada = payer(diary, default_on="subscription")
    set_default(diary, ada)
    diary.until("2026-06-30T20:00:00")
    assert of_cards(diary) == []
    assert [t.kind for t in diary.tasks()] == ["card_not_used"]


@pytest.mark.same_on_both
def test_after_the_networks_update_no_notice_goes(diary: Diary) -> None:
    """Edge case 43."""
    ada = payer(diary)
    diary.until("2026-06-02T09:00:00")
    assert the_case(diary).state == "open"
    diary.sandbox.control("POST", f"cards/{ada.payment_method}/auto_update")
    diary.tick()
    case = the_case(diary)
    assert (case.outcome, case.details["by"]) == ("card_updated", "updater")
    diary.until("2026-07-20T09:00:00")
    assert notices(diary) == []
    assert len(of_cards(diary)) == 1


@pytest.mark.same_on_both
def test_an_update_that_nobody_told_us_of_is_read_before_the_mail(diary: Diary) -> None:
    """Edge case 43: the event is lost, the card is read again before the next notice."""
    ada = payer(diary)
    diary.until("2026-06-02T09:00:00")
    due = diary.planned()
    assert due
    diary.hold_deliveries = True
    diary.sandbox.control("POST", f"cards/{ada.payment_method}/auto_update")
    diary.lose_held()
    diary.until("2026-07-20T09:00:00")
    assert notices(diary) == []
    case = the_case(diary)
    assert (case.outcome, case.details["by"]) == ("card_updated", "unknown")


def test_the_mail_itself_waits_for_a_reading_of_the_card(diary: Diary) -> None:
    """Edge case 43: updated in the very hour of the notice, and no event yet."""
    ada = payer(diary)
    diary.until("2026-06-02T09:00:00")
    at = next(s.due_at for s in diary.steps() if s.state == StepState.PLANNED)
    diary.until(at - timedelta(minutes=10))
    diary.hold_deliveries = True
    diary.sandbox.control("POST", f"cards/{ada.payment_method}/auto_update")
    diary.until(at + timedelta(minutes=10))
    assert notices(diary) == []
    assert diary.says("the card has been renewed, or nothing is charged any more")
    diary.deliver_held()
    assert the_case(diary).outcome == "card_updated"


@pytest.mark.same_on_both
def test_without_a_provider_key_nothing_is_read_and_nobody_is_told(database: Database) -> None:
    with open_diary(database, start=START, provider_key=False) as diary:
        ada = payer(diary)
        diary.until("2026-05-02T10:00:00")
        diary.merchant.customers.update(ada.customer, {"metadata": {"shown": "again"}})
        diary.until("2026-06-30T20:00:00")
        assert notices(diary) == []
        assert diary.says("the card has not been read again within 48 h")


@pytest.mark.slow
@pytest.mark.same_on_both
def test_cards_of_the_older_api_are_told_of_as_well(diary: Diary) -> None:
    """Edge case 44: a legacy card, charged as the customer's default source."""
    ada = payer(diary, default_on="customer")
    card = diary.merchant.customers.payment_sources.create(ada.customer, {"source": "tok_visa"})
    diary.until("2026-05-02T10:00:00")
    new_dates: Any = {"exp_month": 6, "exp_year": 2026}
    diary.merchant.customers.payment_sources.update(ada.customer, card.id, new_dates)
    diary.merchant.customers.update(ada.customer, {"invoice_settings": {"default_payment_method": ""}})
    diary.merchant.payment_methods.detach(ada.payment_method)
    diary.until("2026-06-30T20:00:00")
    assert the_case(diary).details["watched"][0]["method"] == card.id
    assert len(notices(diary)) == 2


@pytest.mark.slow
@pytest.mark.same_on_both
def test_notices_of_one_month_leave_on_many_days_and_hours(database: Database) -> None:
    """Edge case 44."""
    with open_diary(database, start=START) as diary:
        for number in range(12):
            payer(diary, email=f"reader{number}@example.com")
        diary.until("2026-06-30T20:00:00")
        times = {f"{m.settled_at:%m-%d %H}" for m in diary.mails() if m.settled_at}
        assert len(times) > 12
        local = [m.settled_at.astimezone(ZoneInfo("Europe/Berlin")) for m in diary.mails() if m.settled_at]
        assert all(9 <= at.hour < 18 for at in local)


@pytest.mark.same_on_both
def test_a_charge_that_fails_all_the_same_is_handed_over_without_a_second_mail_at_once(diary: Diary) -> None:
    payer(diary)
    diary.until("2026-07-01T12:00:00")
    assert the_case(diary).outcome == "expired"
    late = [c for c in diary.cases() if c.kind == "dunning"]
    assert [c.state for c in late] == ["open"]
    diary.until("2026-07-12T12:00:00")
    gone = sorted(m.settled_at for m in diary.mails() if m.settled_at and m.state == "sent")
    assert len(notices(diary)) == 2
    assert len(gone) > 2
    assert all(b - a >= timedelta(hours=20) for a, b in pairwise(gone))
    assert len(of_cards(diary)) == 1


@pytest.mark.same_on_both
def test_an_open_late_payment_silences_the_notices(diary: Diary) -> None:
    ada = payer(diary)
    diary.until("2026-05-31T09:00:00")
    diary.sandbox.decline(ada.payment_method, "insufficient_funds")
    diary.until("2026-06-30T20:00:00")
    assert notices(diary) == []


@pytest.mark.slow
@pytest.mark.same_on_both
def test_a_plan_may_have_stages_of_its_own(database: Database) -> None:
    with open_diary(database, start=START) as diary:
        ada = payer(diary, amount=9900)
        bo = payer(diary, email="bo@example.com", plan="Basic")
        plans = {ada.price: [21, 10, 2], bo.product: []}
        diary.reconfigure(configured().model_copy(update={"expiring": ExpiringPolicy(plans=plans)}))
        diary.until("2026-07-01T09:00:00")
        assert the_case(diary).customer_id == ada.customer
        assert len(notices(diary)) == 3


@pytest.mark.slow
@pytest.mark.same_on_both
def test_a_case_that_was_stopped_by_hand_is_not_opened_again(diary: Diary) -> None:
    payer(diary)
    diary.until("2026-06-02T09:00:00")
    diary.stop_case()
    diary.until("2026-07-20T09:00:00")
    assert [c.outcome for c in of_cards(diary)] == ["stopped"]
    assert notices(diary) == []


@pytest.mark.same_on_both
def test_who_is_found_late_gets_only_the_stages_that_are_left(database: Database) -> None:
    with open_diary(database, start="2026-06-21T10:00:00") as diary:
        payer(diary)
        diary.until("2026-07-20T10:00:00")
        assert len(notices(diary)) <= 2
        assert all(s.number == 2 for s in diary.steps() if s.state == StepState.DONE and s.kind == "mail")


def test_a_customer_of_before_our_time_is_read_by_the_daily_look(database: Database) -> None:
    """No event has ever named the customer or the card."""
    with open_diary(database, start="2026-06-02T08:00:00") as diary:
        ada = payer(diary, start="2026-04-01T10:00:00")
        diary.merchant.subscriptions.update(ada.subscription, {"metadata": {"seen": "yes"}})
        for _ in range(28):
            diary.days(1)
        assert len(notices(diary)) == 2


def link_in_newest_mail(diary: Diary) -> str:
    found = re.search(r"http://testserver(/card/\S+)", diary.mailbox.text())
    assert found
    return found[1]


@pytest.mark.same_on_both
def test_the_notices_link_leads_to_a_saved_card_and_a_charge_that_works(diary: Diary) -> None:
    """Edge cases 34, 35: GET shows, POST leads on; nothing is charged before its time."""
    ada = payer(diary, default_on="subscription")
    diary.until("2026-06-24T09:00:00")
    link, before = link_in_newest_mail(diary), len(diary.story())
    for _ in range(3):
        shown = diary.web.get(link)
    assert shown.status_code == 200
    assert "Nothing is due yet" in shown.text
    assert "4242" in shown.text
    for secret in ("ada@example.com", "Lovelace", ada.customer):
        assert secret not in shown.text
    assert len(diary.story()) == before

    answer = diary.web.post(link)
    assert answer.status_code == 303
    back = diary.sandbox.use_card(str(answer.headers["location"]), GOOD)
    diary.tick()
    assert diary.visits() == ["saved"]
    case = the_case(diary)
    assert (case.outcome, case.details["by"]) == ("card_updated", "customer")
    assert "Your new card is saved" in diary.web.get(back.removeprefix("http://testserver")).text
    assert diary.web.post(link).status_code == 200  # the link is dead: it says so and leads nowhere
    assert diary.visits() == ["saved"]
    diary.until("2026-07-20T09:00:00")
    assert [name for _, name in diary.sent()] == [NOTICE, SAVED]
    assert diary.sandbox.invoices(ada.subscription)[-1]["status"] == "paid"


@pytest.mark.same_on_both
def test_after_the_charge_has_failed_the_notices_link_leads_to_the_late_payment(diary: Diary) -> None:
    payer(diary)
    diary.until("2026-07-01T10:30:00")
    link = link_in_newest_mail(diary)
    diary.until("2026-07-01T12:00:00")
    assert the_case(diary).outcome == "expired"
    shown = diary.web.get(link).text
    assert "Your payment did not go through" in shown
    assert "29.00" in shown
    diary.enter_card(str(diary.web.post(link).headers["location"]))
    assert [c.outcome for c in diary.cases() if c.kind == "dunning"] == ["recovered"]
