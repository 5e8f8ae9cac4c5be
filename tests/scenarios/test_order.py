"""Deliveries late, twice, in any order, in any shape, or not at all."""

import pytest

from app.billing.models import Subscription
from app.core.db import Database
from tests.scenarios.diary import Diary, open_diary

TOLD = [
    ("04-01", "payment_failed_fix_card"),
    ("04-04", "payment_failed_fix_card"),
    ("04-05", "payment_recovered"),
]


def story_of_an_expired_card(diary: Diary) -> None:
    """Two mails, then the fourth try works; the next day the thank-you."""
    ada = diary.failing("expired_card", until="2026-04-05T00:00:00")
    diary.until("2026-04-20T10:00:00")
    case = diary.case()
    assert (case.outcome, case.category, case.contacts) == ("recovered", "card_data", 2)
    assert f"{case.opened_at:%m-%d %H:%M}" == "04-01 11:00"
    assert f"{case.closed_at:%m-%d %H:%M}" == "04-05 11:00"
    assert diary.sent() == TOLD
    assert len(diary.mailbox.mails) == 3
    debt = diary.debt(diary.newest_invoice(ada))
    assert (debt.result, debt.at_risk_minor, debt.paid_minor, debt.returned_minor) == ("paid", 2900, 2900, 0)
    text = diary.mailbox.text(0)
    assert "ending in 4242, has passed its expiry date" in text
    assert "* Pro plan: $29.00" in text


@pytest.mark.parametrize("seed", [None, 1])
def test_every_delivery_five_times_and_shuffled_tells_the_same_story(
    database: Database, seed: int | None
) -> None:
    """Edge cases 10, 45."""
    with open_diary(database) as diary:
        if seed is not None:
            diary.sandbox.control("POST", "deliveries/faults", {"duplicate": 4, "shuffle_seed": seed})
        story_of_an_expired_card(diary)


@pytest.mark.same_on_both
@pytest.mark.parametrize("shape", ["old", "both", "new"])
def test_bodies_of_every_api_version_tell_the_same_story(database: Database, shape: str) -> None:
    """Edge cases 20, 50."""
    with open_diary(database, shape=shape) as diary:
        story_of_an_expired_card(diary)


@pytest.mark.same_on_both
@pytest.mark.parametrize("shape", ["old", "new"])
def test_without_a_provider_key_the_bodies_must_do(database: Database, shape: str) -> None:
    """The reason is inferred from the payment's own event where the invoice does not tell it."""
    with open_diary(database, shape=shape, provider_key=False) as diary:
        story_of_an_expired_card(diary)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_story_told_afterwards_and_backwards_ends_the_same_without_a_mail(
    database: Database, seed: int
) -> None:
    """Edge cases 10, 45: each delivery three times, in a random order."""
    with open_diary(database) as diary:
        diary.hold_deliveries = True
        ada = diary.failing("lost_card")
        diary.until("2026-04-03T10:00:00")
        diary.sandbox.heal(ada.payment_method)
        invoice = diary.newest_invoice(ada)
        diary.merchant.invoices.pay(invoice)
        diary.merchant.refunds.create({"charge": diary.charge_of(invoice), "amount": 900})
        diary.until("2026-04-04T10:00:00")
        diary.deliver_held(times=3, seed=seed)
        diary.until("2026-04-20T10:00:00")
        case = diary.case()
        assert (case.outcome, case.category) == ("recovered", "hard")
        assert f"{case.opened_at:%m-%d %H:%M}" == "04-01 11:00"
        assert f"{case.closed_at:%m-%d %H:%M}" == "04-03 10:00"
        debt = diary.debt(invoice)
        assert (debt.paid_minor, debt.returned_minor) == (2900, 900)
        assert diary.mails() == []


@pytest.mark.same_on_both
@pytest.mark.parametrize("key", [True, False], ids=["with a key", "without a key"])
def test_paid_that_comes_before_payment_failed_leaves_the_case_closed(database: Database, key: bool) -> None:
    """Edge case 45: each event is processed before the next one comes."""
    with open_diary(database, provider_key=key) as diary:
        diary.hold_deliveries = True
        diary.failing("insufficient_funds", until="2026-04-02T00:00:00")
        diary.until("2026-04-02T12:00:00")
        posts, diary.held, diary.hold_deliveries = diary.held[::-1], [], False
        for body, headers in posts:
            diary.receive(body, headers)
            diary.tick()
        diary.until("2026-04-20T10:00:00")
        assert [c.outcome for c in diary.cases()] == ["recovered"]
        assert diary.mails() == []
        assert diary.planned() == []


@pytest.mark.same_on_both
def test_after_a_week_without_a_worker_only_the_newest_step_is_looked_at(database: Database) -> None:
    """Edge case 17."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-03-31T12:00:00")
        diary.worker_down = True
        diary.until("2026-04-08T20:00:00")
        assert diary.cases() == []

        diary.worker_down = False
        diary.until("2026-04-10T10:00:00")
        assert diary.sent() == [("04-09", "payment_failed_new_method")]
        assert diary.last_context()["stage"] == "first"  # the customer has heard nothing yet
        assert diary.planned() == ["04-12 11:00"]


@pytest.mark.same_on_both
def test_after_a_week_without_a_worker_a_step_that_is_too_old_is_not_sent(database: Database) -> None:
    """Edge case 17: nothing older than a day, and the reason is stored."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-02T12:00:00")
        diary.worker_down = True
        diary.until("2026-04-10T12:00:00")
        diary.worker_down = False
        diary.until("2026-04-11T12:00:00")
        assert [day for day, _ in diary.sent()] == ["04-01"]
        assert [s.reason for s in diary.steps() if s.state == "skipped"] == [
            "a later step is due as well, and only the newest is sent",
            "it was due 2 days ago, and nothing older than 24 h is sent",
        ]
        diary.until("2026-04-12T12:00:00")
        assert [day for day, _ in diary.sent()] == ["04-01", "04-12"]


@pytest.mark.same_on_both
def test_a_clock_that_jumps_a_month_sends_one_mail_at_most(database: Database) -> None:
    """Edge case 17."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.failing("insufficient_funds", email="ben@example.com")
        diary.until("2026-04-02T12:00:00")
        diary.jump("2026-05-02T12:00:00")
        assert [c.outcome for c in diary.cases()] == ["lost", "lost"]
        assert diary.mailbox.subjects("ben@example.com") == ["Your Acme subscription has ended"]
        assert len(diary.mailbox.subjects("ada@example.com")) == 2
        diary.until("2026-06-02T12:00:00")
        assert len(diary.mailbox.mails) == 3


@pytest.mark.same_on_both
def test_webhooks_that_never_came_are_found_in_the_providers_list(database: Database) -> None:
    """Edge case 48."""
    with open_diary(database) as diary:
        diary.failing("lost_card", until="2026-04-03T00:00:00")
        diary.hold_deliveries = True
        diary.until("2026-04-01T15:00:00")
        diary.lose_held()
        assert diary.cases() == []

        assert diary.application.upkeep.backfill() > 0
        diary.tick()
        assert (diary.case().category, diary.case().state) == ("hard", "open")
        assert diary.sent() == [("04-01", "payment_failed_new_method")]
        assert diary.application.upkeep.backfill() == 0
        diary.tick()
        assert len(diary.mailbox.mails) == 1


@pytest.mark.same_on_both
def test_events_that_were_never_made_are_found_by_comparing_open_invoices(database: Database) -> None:
    """Edge case 48: a failure and a payment of which no event exists at all."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.sandbox.control("POST", "deliveries/faults", {"never_generate": 1.0})
        diary.until("2026-04-01T15:00:00")
        assert diary.application.upkeep.backfill() == 0
        assert diary.application.upkeep.reconcile() > 0
        diary.tick()
        assert (diary.case().category, diary.case().state) == ("hard", "open")
        assert diary.sent() == [("04-01", "payment_failed_new_method")]

        diary.sandbox.heal(ada.payment_method)
        diary.merchant.invoices.pay(diary.newest_invoice(ada))
        diary.until("2026-04-02T10:00:00")
        assert diary.case().state == "open"
        diary.application.upkeep.reconcile()
        diary.tick()
        assert diary.case().outcome == "recovered"
        assert diary.sent()[1:] == [("04-02", "payment_recovered")]
        assert diary.application.upkeep.reconcile() == 0


@pytest.mark.same_on_both
@pytest.mark.parametrize("turned", [False, True], ids=["as it was", "turned round"])
@pytest.mark.parametrize("wishes", [[True, False], [True, False, True]], ids=["taken back", "and again"])
def test_pictures_of_one_second_in_several_batches_are_told_apart_by_asking_the_provider(
    database: Database, wishes: list[bool], turned: bool
) -> None:
    """Cancelled, and taken back within the second, each told and processed by itself."""
    with open_diary(database) as diary:
        diary.hold_deliveries = True
        ada = diary.subscriber()
        plan = diary.second_plan(ada)
        for ends in wishes:
            diary.merchant.subscriptions.update(plan, {"cancel_at_period_end": ends})
        diary.flush()
        posts, diary.held, diary.hold_deliveries = diary.held, [], False
        for body, headers in reversed(posts) if turned else posts:
            diary.receive(body, headers)
            diary.tick()
        with diary.application.db.read() as session:
            row = session.get(Subscription, plan)
            assert row is not None
            assert (row.cancel_at is not None) is wishes[-1]
