"""After the provider's rows have changed: open, join, and settle dunning cases.

Looks at the state of a customer, never at the event that brought it, so order and number of
deliveries do not matter. Decisions are in rules/; this is load, decide, apply.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing.states import InvoiceState
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.core.money import Money
from app.dunning import mails
from app.dunning.desk import Desk, course_for, open_desks
from app.dunning.models import DunningInvoice
from app.dunning.rules import arms
from app.dunning.rules import cases as rules
from app.dunning.rules.cases import Debt, Settlement
from app.dunning.settling import settle
from app.experiments import service as experiments
from app.experiments.rules import Assignment
from app.outbox.service import open_task


def react(session: Session, customer_ids: Collection[str], setup: mails.Setup, now: datetime) -> None:
    """Bring the dunning cases of these customers in line with what we now know of them."""
    for desk in open_desks(session, customer_ids, setup, now=now):
        touched = {case.id: case for case in desk.cases}
        for invoice in sorted(desk.invoices.values(), key=lambda i: (i.failed_at or now, i.id)):
            if invoice.id not in desk.rows and invoice.failed_at is not None:
                case = _take_up(desk, desk.debt(invoice))
                if case is not None:
                    touched[case.id] = case
        for case in touched.values():
            settle(desk, case)


def _take_up(desk: Desk, debt: Debt) -> Case | None:
    """Put a failed invoice into the case whose time it falls into, or into a new one."""
    why_not = rules.refusal(debt)
    if why_not is not None:
        if debt.invoice.collection_method == "send_invoice":
            _refuse_aloud(desk, debt.invoice, why_not)
        return None
    over = rules.settlement(debt)
    case = _case_at(desk, debt, over)
    if case is None:
        case = _open(desk, debt)
        desk.cases.append(case)
    else:
        case.opened_at = min(case.opened_at, debt.invoice.failed_at or case.opened_at)
        desk.note(case, "joined", f"{_invoice_words(debt.invoice)} failed as well and joins this case.")
    desk.rows[debt.invoice.id] = _add_row(desk, case, debt)
    return case


def _case_at(desk: Desk, debt: Debt, over: Settlement | None) -> Case | None:
    failed_at = debt.invoice.failed_at or desk.now
    for case in desk.cases:
        if case.state != CaseState.CLOSED:
            if over is None or over.at >= case.opened_at:
                return case
        elif (
            over is not None and case.closed_at and failed_at <= case.closed_at and over.at >= case.opened_at
        ):
            return case
    return None


def _open(desk: Desk, debt: Debt) -> Case:
    invoice = debt.invoice
    version = desk.present_version()
    opened_at = invoice.failed_at or desk.now
    given = _arm(desk, opened_at)
    course = course_for([debt])
    case = case_engine.open_case(
        desk.session,
        kind=CaseKind.DUNNING,
        customer_id=desk.customer.id,
        category=course.category,
        opened_at=opened_at,
        policy_version=version,
        given=given,
    )
    desk.note(case, "opened", f"{_invoice_words(invoice)} failed: {course.treatment.why}.")
    _say_held_out(desk, case)
    experiments.log_decision(
        desk.session,
        given,
        customer_id=desk.customer.id,
        case_id=case.id,
        observation={
            "class": course.category,
            "amount_minor": invoice.amount_due_minor,
            "currency": invoice.currency,
        },
        action="open",
        policy_version=version,
        now=desk.now,
    )
    return case


def _arm(desk: Desk, at: datetime) -> Assignment:
    """The customer's arm in the year of the failure."""
    policy, known = desk.setup.experiments, desk.shared.arms
    experiment = arms.experiment_of(policy)
    return experiments.enrol(
        desk.session, experiment, policy.holdout_share, desk.customer.id, known, at=at, now=desk.now
    )


def _say_held_out(desk: Desk, case: Case) -> None:
    control = arms.control_of(case.experiment_arm)
    if control is not None:
        words = f"Held out by lot (arm {control}, chance {case.propensity:.0%}): {arms.WORDS[control]}."
        desk.note(case, "held_out", words)


def _add_row(desk: Desk, case: Case, debt: Debt) -> DunningInvoice:
    invoice, subscription = debt.invoice, debt.subscription
    trial_end = subscription.trial_end_at if subscription else None
    after_trial = (
        trial_end is not None
        and invoice.created_at is not None
        and abs(invoice.created_at - trial_end) <= timedelta(days=2)
    )
    row = DunningInvoice(
        invoice_id=invoice.id,
        case_id=case.id,
        customer_id=desk.customer.id,
        currency=invoice.currency,
        at_risk_minor=invoice.amount_due_minor,
        failed_at=invoice.failed_at or desk.now,
        first_after_trial=after_trial,
        paid_minor=0,
        returned_minor=0,
    )
    desk.session.add(row)
    return row


def _refuse_aloud(desk: Desk, invoice: InvoiceState, why: str) -> None:
    open_task(
        desk.session,
        key="send_invoice_refused",
        kind="not_supported",
        title="Some subscriptions are billed by invoice, not by card",
        detail=f"{invoice.id} failed, but {why}. Reclaim leaves such invoices alone.",
        customer_id=desk.customer.id,
        now=desk.now,
    )


def _invoice_words(invoice: InvoiceState) -> str:
    amount = Money(invoice.amount_due_minor, invoice.currency)
    name = f" for {invoice.label}" if invoice.label else ""
    return f"Invoice {invoice.number or invoice.id}{name} of {amount.to_decimal()} {amount.currency.upper()}"
