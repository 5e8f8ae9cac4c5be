"""Moving time: from due instant to due instant, delivering in between, so that a receiver can act in time.

Order within one instant is the agenda's: ends before renewals, then in the order things were planned.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.agenda import Entry
from sandbox.checkout_sessions.objects import expire_session
from sandbox.deliveries import deliver, redeliver
from sandbox.invoices import dues
from sandbox.invoices.collection import collect
from sandbox.invoices.drafting import finalize_invoice
from sandbox.payment_steps import PAYMENT_STEPS
from sandbox.state import Obj, State
from sandbox.subscription_schedules import driving
from sandbox.subscriptions import renewal
from sandbox.timelines import Timeline

SUBSCRIPTION_STEPS: dict[str, Callable[[State, Obj], None]] = {
    "cancel": renewal.cancel_due,
    "expire_incomplete": renewal.expire_incomplete,
    "expire_pending_update": renewal.expire_pending,
    "renew": renewal.renew,
    "resume_collection": renewal.resume_collection,
    "trial_notice": renewal.trial_notice,
    "upcoming": renewal.upcoming,
}


def advance(
    state: State, to: int, on_step: Callable[[int], None] | None = None, timeline: Timeline | None = None
) -> None:
    """Walk a timeline (the main one by default) to `to`. After each instant at which something was due,
    deliveries go out and `on_step` is called.

    Whatever `on_step` or a receiver does through the API happens at that instant of sandbox time.
    """
    timeline = timeline or state.main
    with timeline.moving:
        deliver(state)
        while True:
            with state.lock, state.on(timeline):
                due = timeline.agenda.next_instant()
                if due is None or due > to:
                    break
                timeline.clock.move_to(due)
                while (entry := timeline.agenda.take(timeline.now)) is not None:
                    carry_out(state, entry)
            deliver(state)
            if on_step is not None:
                on_step(timeline.now)
        with state.lock:
            timeline.clock.move_to(to)
    deliver(state)


def carry_out(state: State, entry: Entry) -> None:
    """One agenda entry; objects that are gone or changed meanwhile are left alone."""
    if entry.kind in SUBSCRIPTION_STEPS:
        subscription = state.find("subscription", entry.object_id)
        if subscription:
            SUBSCRIPTION_STEPS[entry.kind](state, subscription)
        return
    if entry.kind in PAYMENT_STEPS:
        PAYMENT_STEPS[entry.kind](state, entry.object_id)
        return
    match entry.kind:
        case "finalize":
            _finalize(state, entry.object_id)
        case "collect" | "collect_first":
            _collect(state, entry)
        case "will_be_due" | "overdue":
            _remind(state, entry)
        case "expire_session":
            _expire_session(state, entry.object_id)
        case "schedule":
            driving.step(state, entry.object_id)
        case "schedule_expiring":
            driving.expiring(state, entry.object_id)
        case "redeliver":
            redeliver(state, entry.object_id)
        case "delete_test_clock":
            _delete_test_clock(state, entry.object_id)


def _finalize(state: State, invoice_id: str) -> None:
    invoice = state.find("invoice", invoice_id)
    if invoice is None or invoice["status"] != "draft" or invoice["automatically_finalizes_at"] != state.now:
        return
    finalize_invoice(state, invoice)
    if invoice["collection_method"] == "charge_automatically":
        collect(state, invoice, automatic=True)


def _collect(state: State, entry: Entry) -> None:
    invoice = state.find("invoice", entry.object_id)
    if invoice is None or invoice["status"] not in ("open", "uncollectible") or not invoice["auto_advance"]:
        return
    if entry.kind == "collect_first" and invoice["attempted"]:
        return
    if entry.kind == "collect" and invoice["next_payment_attempt"] != state.now:
        return
    collect(state, invoice, automatic=True)


def _remind(state: State, entry: Entry) -> None:
    invoice = state.find("invoice", entry.object_id)
    if invoice is not None:
        (dues.overdue if entry.kind == "overdue" else dues.will_be_due)(state, invoice)


def _expire_session(state: State, session_id: str) -> None:
    session = state.find("checkout.session", session_id)
    if session is not None and session["status"] == "open":
        expire_session(state, session)


def _delete_test_clock(state: State, clock_id: str) -> None:
    """The provider does not keep test clocks for ever."""
    from sandbox.test_clocks.routes import (
        delete_clock,  # test clocks walk by this module, so the edge back is late
    )

    clock = state.find("test_helpers.test_clock", clock_id)
    if clock is not None:
        delete_clock(state, clock)
