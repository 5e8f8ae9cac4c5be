"""Which page a case gets, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.billing.facts import Decline
from app.billing.states import SubscriptionState
from app.cases.states import CardSessionState, CaseState, Outcome
from app.dunning.rules.cases import Debt
from app.dunning.rules.decline import TABLE
from app.portal.rules import Attempt, Picture, judge, view_of
from app.portal.states import Notice, Remedy, View
from tests.portal.factories import EXPIRED, NOW, invoice

LATER = NOW + timedelta(hours=3)


def sub(status: str = "past_due") -> SubscriptionState:
    return SubscriptionState(id="sub_1", seen_at=NOW, seen_live=False, customer_id="cus_1", status=status)


OWED = Picture(CaseState.OPEN, None, (Debt(invoice(), sub()),))


def tried(state: CardSessionState, status: str | None = None) -> Attempt:
    done = None if state is CardSessionState.OPEN else NOW
    return Attempt("cs_1", state, completed_at=done, status=status, decline_code="do_not_honor")


@pytest.mark.parametrize(
    ("outcome", "view"),
    [
        (Outcome.RECOVERED, View.SETTLED),
        (Outcome.CANCELLED, View.CANCELLED),
        (Outcome.VOIDED, View.VOIDED),
        (Outcome.WRITTEN_OFF, View.WRITTEN_OFF),
        (Outcome.DISPUTED, View.DISPUTED),
        (Outcome.STOPPED, View.STOPPED),
    ],
)
def test_a_closed_case_says_how_it_ended_and_has_no_button(outcome: Outcome, view: View) -> None:
    verdict = judge(replace(OWED, state=CaseState.CLOSED, outcome=outcome))
    assert (verdict.view, verdict.remedy) == (view, Remedy.NONE)


@pytest.mark.parametrize(
    ("status", "view", "remedy"),
    [
        ("canceled", View.ENDED, Remedy.NONE),
        ("unpaid", View.SUSPENDED, Remedy.PAY),
        ("paused", View.SUSPENDED, Remedy.PAY),
        ("past_due", View.STILL_OPEN, Remedy.PAY),
    ],
)
def test_a_lost_case_says_what_was_lost_and_is_payable_while_the_invoice_is(
    status: str, view: View, remedy: Remedy
) -> None:
    picture = Picture(CaseState.CLOSED, Outcome.LOST, (Debt(invoice(), sub(status)),))
    assert (judge(picture).view, judge(picture).remedy) == (view, remedy)


def test_late_money_for_a_lost_case_is_thanked_for() -> None:
    paid = Debt(invoice(status="paid", paid_at=LATER), sub("canceled"))
    assert view_of(Picture(CaseState.CLOSED, Outcome.LOST, (paid,))) is View.PAID_LATE


def test_a_paid_invoice_is_thanked_for_before_the_worker_has_closed_the_case() -> None:
    assert view_of(Picture(CaseState.OPEN, None, (Debt(invoice(status="paid"), sub()),))) is View.SETTLED


def test_a_case_without_invoices_asks_for_nothing() -> None:
    assert judge(Picture(CaseState.OPEN, None, ())).remedy is Remedy.NONE


def test_a_held_case_asks_for_nothing_and_neither_does_a_paused_installation() -> None:
    assert judge(replace(OWED, state=CaseState.HELD)).view is View.HELD
    assert judge(replace(OWED, paused=True)).view is View.PAUSED
    saved = judge(replace(OWED, paused=True, attempts=(tried(CardSessionState.CHARGING),)))
    assert (saved.view, saved.notice, saved.remedy) == (View.PAUSED, Notice.SAVED, Remedy.NONE)


def test_a_session_we_minted_counts_as_complete_when_the_customer_comes_back_from_it() -> None:
    opened = replace(OWED, attempts=(tried(CardSessionState.OPEN),))
    assert view_of(opened) is View.OWED
    assert view_of(replace(opened, returned_from="cs_1")) is View.CHARGING
    assert view_of(replace(opened, returned_from="cs_of_somebody_else")) is View.OWED


def test_a_paid_session_waits_for_the_invoice_until_it_is_paid_or_fails_again() -> None:
    paid = replace(OWED, attempts=(tried(CardSessionState.PAID),))
    assert view_of(paid) is View.CHARGING
    failed_again = Debt(invoice(last_failed_at=LATER), sub())
    assert view_of(replace(paid, debts=(failed_again,))) is View.OWED


def test_after_one_of_two_invoices_is_paid_the_other_is_asked_for_with_thanks() -> None:
    debts = (Debt(invoice(), sub()), Debt(invoice("in_2", status="paid", paid_at=LATER), sub()))
    attempts = (tried(CardSessionState.PAID),)
    verdict = judge(Picture(CaseState.OPEN, None, debts, attempts, returned_from="cs_1"))
    assert (verdict.view, verdict.notice) == (View.OWED, Notice.PART_PAID)
    assert [i.id for i in verdict.invoices] == ["in_1"]


@pytest.mark.parametrize(
    ("status", "notice", "remedy"),
    [
        ("declined", Notice.DECLINED, Remedy.UPDATE_CARD),
        ("banned", Notice.BANNED, Remedy.UPDATE_CARD),
        ("needs_action", Notice.CONFIRM, Remedy.CONFIRM),
    ],
)
def test_what_became_of_the_new_card_is_told_at_once(status: str, notice: Notice, remedy: Remedy) -> None:
    verdict = judge(replace(OWED, attempts=(tried(CardSessionState.DECLINED, status),)))
    assert (verdict.view, verdict.notice, verdict.remedy) == (View.OWED, notice, remedy)


def test_a_new_card_is_asked_for_after_a_decline_even_where_the_old_one_was_a_bank_account() -> None:
    debit = Debt(invoice(decline=Decline(method_type="sepa_debit")), sub())
    verdict = judge(replace(OWED, debts=(debit,), attempts=(tried(CardSessionState.DECLINED, "declined"),)))
    assert verdict.remedy is Remedy.UPDATE_CARD


def test_an_old_decline_of_a_new_card_is_no_longer_told_after_a_newer_failure() -> None:
    attempts = (tried(CardSessionState.DECLINED, "declined"),)
    picture = replace(OWED, debts=(Debt(invoice(last_failed_at=LATER), sub()),), attempts=attempts)
    assert judge(picture).notice is Notice.NONE
    assert judge(replace(picture, returned_from="cs_1")).notice is Notice.DECLINED


@pytest.mark.parametrize(
    ("decline", "remedy"),
    [
        (EXPIRED, Remedy.UPDATE_CARD),
        (replace(EXPIRED, decline_code="authentication_required"), Remedy.CONFIRM),
        (Decline(decline_code="debit_not_authorized", method_type="sepa_debit"), Remedy.UPDATE_METHOD),
        (Decline(method_type="paypal"), Remedy.UPDATE_METHOD),
        (Decline(code="no_payment_method"), Remedy.ADD_METHOD),
        (None, Remedy.UPDATE_METHOD),
    ],
)
def test_the_button_fits_the_failure(decline: Decline | None, remedy: Remedy) -> None:
    assert judge(replace(OWED, debts=(Debt(invoice(decline=decline), sub()),))).remedy is remedy


def test_every_decline_code_gets_a_page_with_a_button() -> None:
    for code in TABLE["decline"]:
        debt = Debt(invoice(decline=replace(EXPIRED, decline_code=code)), sub())
        assert judge(replace(OWED, debts=(debt,))).remedy in (Remedy.UPDATE_CARD, Remedy.CONFIRM), code


def test_the_button_is_about_the_newest_open_invoice() -> None:
    older = Debt(invoice("in_old", created_at=NOW - timedelta(days=40)), sub())
    newer = Debt(invoice("in_new", created_at=NOW - timedelta(days=2)), sub())
    target = judge(replace(OWED, debts=(newer, older))).target
    assert target is not None
    assert target.id == "in_new"
