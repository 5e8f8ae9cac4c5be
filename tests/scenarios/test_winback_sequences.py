"""Lapsed subscribers are invited back at the right time, and never once they have returned.

Everybody lives in the United States, where a merchant may write until told not to, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.cases.models import Case
from app.contacts.service import record_consent
from app.contacts.states import ConsentBasis
from app.core.db import Database
from app.outbox.models import Action
from app.winback import service
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.winback import (
    FREE_MONTH,
    READY,
    invitations,
    inviting,
    lapses,
    leave,
    sequences,
    steps,
    subscribe_anew,
    the_lapse,
    the_sequence,
)

pytestmark = pytest.mark.same_on_both

START = "2026-03-10T10:00:00"


@pytest.fixture
def diary(database: Database) -> Iterator[Diary]:
    config = inviting({"welcome": FREE_MONTH})
    with open_diary(database, start=START, config=config, **READY) as opened:
        yield opened


def subscriber(diary: Diary, email: str = "ada@example.com", **wanted: Any) -> Any:
    """Somebody who pays for the first month today."""
    found = diary.subscriber(email, **({"country": "US", "start": None} | wanted))
    diary.flush()
    return found


def test_who_left_is_asked_after_thirty_and_ninety_days(diary: Diary) -> None:
    ada = subscriber(diary)
    leave(diary, ada, feedback="too_expensive")
    diary.until("2026-03-11T10:00:00")
    lapse = the_lapse(diary)
    assert (lapse.kind, lapse.reason, lapse.state) == ("voluntary", "too_expensive", "enrolled")
    assert (lapse.received_minor, lapse.amount_minor, lapse.currency) == (2900, 2900, "usd")
    diary.until("2026-06-20T10:00:00")
    assert invitations(diary) == [("04-09", "winback_offer"), ("06-08", "winback_offer")]
    assert "unsubscribe" in diary.mailbox.text().lower()
    diary.until("2026-07-20T10:00:00")
    assert the_sequence(diary).outcome == "exhausted"


@pytest.mark.slow
def test_a_failed_card_is_asked_for_without_a_discount(diary: Diary) -> None:
    """Edge case 44."""
    ada = subscriber(diary)
    diary.sandbox.decline(ada.payment_method, "lost_card")
    diary.until("2026-05-30T10:00:00")
    lapse = the_lapse(diary)
    assert lapse.kind == "involuntary"
    assert [name for _, name in invitations(diary)] == ["winback_fix_card"] * 2
    assert all(m.context["offer"] is None for m in diary.mails() if m.name == "winback_fix_card")
    assert {m.stream for m in diary.mails() if m.name.startswith("winback_")} == {"marketing"}


@pytest.mark.slow
def test_who_subscribes_anew_by_another_way_is_written_to_no_more(diary: Diary) -> None:
    """Edge case 41: natural, and not claimed."""
    ada = subscriber(diary)
    leave(diary, ada)
    diary.until("2026-04-10T10:00:00")
    assert len(invitations(diary)) == 1
    new = subscribe_anew(diary, ada.customer)
    case, lapse = the_sequence(diary), the_lapse(diary)
    assert (case.state, case.outcome) == ("closed", "returned")
    assert (lapse.returned_how, lapse.returned_subscription_id) == ("natural", new)
    assert lapse.returned_price_minor == 2900
    diary.until("2026-07-20T10:00:00")
    assert len(invitations(diary)) == 1
    assert (the_lapse(diary).outcome_30, the_lapse(diary).outcome_60) == ("kept", "kept")
    assert the_lapse(diary).paid_minor == 4 * 2900


@pytest.mark.slow
def test_who_comes_back_as_another_customer_is_written_to_no_more(diary: Diary) -> None:
    """Edge case 41: the same address, a customer to whom nobody has written yet; the open checkout is closed."""
    ada = subscriber(diary)
    leave(diary, ada)
    diary.until("2026-03-12T10:00:00")
    case = the_sequence(diary)
    with diary.application.db.write() as session:
        kept = session.get_one(Case, case.id)
        service.clicked(session, kept, diary.now)
        service.remember_session(session, "cs_open", kept, None, diary.now)
    diary.subscriber("ADA@example.com", country="US", start=None)
    diary.flush()
    diary.until("2026-03-14T11:00:00")
    assert (the_sequence(diary).outcome, the_lapse(diary).returned_how) == ("returned", "page")
    with diary.application.db.read() as session:
        (action,) = session.query(Action).filter(Action.name == "expire_checkout")
    assert action.params == {"session": "cs_open"}
    diary.until("2026-06-20T10:00:00")
    assert invitations(diary) == []


@pytest.mark.slow
def test_two_customers_of_one_person_get_one_sequence(diary: Diary) -> None:
    """Edge case 42: the same address, and the same card under another one."""
    first = subscriber(diary)
    second = subscriber(diary, "Ada@Example.com")
    third = subscriber(diary, "bob@example.com")
    for someone in (first, second, third):
        leave(diary, someone)
    diary.until("2026-03-13T10:00:00")
    states = sorted((row.state, row.left_out or "") for row in lapses(diary))
    assert len(sequences(diary)) == 1
    assert states == [("enrolled", ""), ("left_out", "twin"), ("left_out", "twin")]
    diary.until("2026-07-01T10:00:00")
    assert len(sequences(diary)) == 1


def test_another_plan_that_runs_keeps_somebody_out(diary: Diary) -> None:
    """Edge case 43."""
    ada = subscriber(diary)
    subscribe_anew(diary, ada.customer)
    leave(diary, ada)
    diary.until("2026-03-12T10:00:00")
    assert [(row.state, row.left_out) for row in lapses(diary)] == [("left_out", "active")]
    assert sequences(diary) == []


def test_in_europe_nobody_is_invited_without_proof(diary: Diary) -> None:
    """Edge case 45: once there is one, the next day's look enrols."""
    ada = subscriber(diary, country="DE")
    leave(diary, ada)
    diary.until("2026-03-12T10:00:00")
    assert the_lapse(diary).left_out == "no_consent"
    with diary.application.db.write() as session:
        record_consent(
            session,
            basis=ConsentBasis.SOFT_OPT_IN,
            source="shop",
            proof="order 4711",
            given_at=diary.now,
            customer_id=ada.customer,
            address=None,
            now=diary.now,
        )
    diary.until("2026-03-14T10:00:00")
    assert the_lapse(diary).state == "enrolled"


@pytest.mark.slow
def test_an_address_that_is_suppressed_after_the_enrolment_is_skipped(diary: Diary) -> None:
    """Edge cases 40, 53: the press of "unsubscribe" counts before the next mail."""
    ada = subscriber(diary)
    leave(diary, ada)
    diary.until("2026-04-10T10:00:00")
    (mail,) = [m for m in diary.mails() if m.name == "winback_offer"]
    path = mail.context["unsubscribe_url"].removeprefix("http://testserver")
    assert diary.web.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    diary.until("2026-07-20T10:00:00")
    assert len(invitations(diary)) == 1
    last = next(s for s in steps(diary, the_sequence(diary)) if s.number == 2)
    assert (last.state, "no marketing mail" in (last.reason or "")) == ("skipped", True)


def test_the_hold_out_hears_nothing_and_is_measured_on_the_same_dates(database: Database) -> None:
    """Edge case 51."""
    config = inviting({"welcome": FREE_MONTH}, holdout_share=0.5)
    with open_diary(database, start=START, config=config, **READY) as diary:
        diary.sandbox.state.policy.cards_of_their_own = True
        for number in range(8):
            leave(diary, subscriber(diary, f"p{number}@example.com"))
        diary.until("2026-04-20T10:00:00")
        arms = {c.customer_id: c.experiment_arm for c in sequences(diary)}
        assert set(arms.values()) == {"no_mail", "treated"}
        told = {m.customer_id for m in diary.mails() if m.name.startswith("winback_")}
        assert told == {c for c, arm in arms.items() if arm == "treated"}
        held = next(c for c in sequences(diary) if c.experiment_arm == "no_mail")
        assert "hold-out" in (steps(diary, held)[0].reason or "")
        subscribe_anew(diary, held.customer_id)
        row = next(r for r in lapses(diary) if r.case_id == held.id)
        assert row.returned_how == "natural"


def test_a_scheduled_end_that_is_taken_back_ends_the_sequence(diary: Diary) -> None:
    ada = subscriber(diary)
    diary.until("2026-03-10T12:00:00")
    leave(diary, ada, at_once=False, feedback="unused")
    diary.until("2026-03-12T10:00:00")
    assert (the_lapse(diary).running, the_lapse(diary).why) == (True, None)
    assert the_sequence(diary).state == "open"
    diary.merchant.subscriptions.update(ada.subscription, {"cancel_at_period_end": False})
    diary.tick()
    assert (the_sequence(diary).outcome, the_lapse(diary).returned_how) == ("returned", "natural")


@pytest.mark.slow
def test_nothing_is_enrolled_while_it_is_switched_off(database: Database) -> None:
    with open_diary(database, start=START, config=inviting(enabled=False), **READY) as diary:
        leave(diary, subscriber(diary))
        diary.until("2026-04-20T10:00:00")
        assert the_lapse(diary).state == "waiting"
        assert sequences(diary) == []


@pytest.mark.slow
def test_who_moved_gets_a_link_to_pass_on_and_staff_a_letter_for_the_new_occupant(database: Database) -> None:
    """No address is written to whose owner did not give it."""
    with open_diary(database, start=START, config=inviting(), **READY) as diary:
        ada = subscriber(diary)
        with diary.application.db.write() as session:
            session.add(
                Case(
                    id="case_moved",
                    kind="cancellation",
                    customer_id=ada.customer,
                    subject_id=ada.subscription,
                    state="closed",
                    outcome="cancelled",
                    category="moved",
                    opened_at=diary.now,
                    closed_at=diary.now,
                    policy_version="",
                    experiment_arm="standard",
                    propensity=1.0,
                    details={},
                )
            )
        leave(diary, ada)
        diary.until("2026-04-20T10:00:00")
        assert [name for _, name in invitations(diary)] == ["winback_pass_on"]
        (task,) = [t for t in diary.tasks() if t.kind == "winback_letter"]
        assert task.title == "Send a letter to the new occupant"
        assert {m.to_address for m in diary.mails()} == {"ada@example.com"}
