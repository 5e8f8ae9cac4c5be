"""The new card: saved on a page that we minted, and the one charge that Reclaim starts itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing.facts import CardSessionCompleted, CustomerSeen, PaymentMethodSeen
from app.billing.ports import ProviderReads, ProviderWrites
from app.cases import repository as case_rows
from app.cases.card_sessions import method_of_setup
from app.cases.models import CardSession, Case
from app.cases.states import CardSessionState, CaseKind, CaseState
from app.core.errors import ProviderError
from app.dunning.desk import Desk, open_desks
from app.dunning.mails import Setup
from app.dunning.rules import cases as rules
from app.dunning.rules.arms import control_of
from app.outbox.facts import ActionSettled
from app.outbox.service import queue_action
from app.outbox.states import ActionState

USE_NEW_CARD = "use_new_card"


def card_saved(session: Session, fact: CardSessionCompleted, setup: Setup, *, now: datetime) -> None:
    """A page was completed. Only if it is one that we minted is its card used; any other is left alone."""
    row = session.get(CardSession, fact.session_id, with_for_update=True)
    if row is None or row.state != CardSessionState.OPEN or not _is_ours(session, row):
        return
    row.completed_at = fact.at
    desk = next(iter(open_desks(session, [row.customer_id], setup, now=now)), None)
    case = next((c for c in desk.cases if c.id == row.case_id), None) if desk else None
    if desk is None or case is None or case.state == CaseState.CLOSED:
        row.state = CardSessionState.PAID if case and case.outcome == "recovered" else CardSessionState.FAILED
        return
    params = {
        "session": row.id,
        "setup_intent": fact.setup_intent_id,
        "payment_method": fact.payment_method_id,
        **_targets(desk, case.id, setup.policy.pay_older_invoices),
    }
    row.state = CardSessionState.CHARGING
    desk.note(
        case, "card.saved", "The customer saved a new card on the page we opened; it is set and charged."
    )
    queue_action(
        session,
        key=f"{case.id}:card:{row.id}",
        name=USE_NEW_CARD,
        customer_id=row.customer_id,
        case_id=case.id,
        params=params,
        now=now,
    )


def _is_ours(session: Session, row: CardSession) -> bool:
    """Whether the page was minted for a late payment, and not for a card that is to expire."""
    case = case_rows.get(session, row.case_id)
    return case is not None and case.kind == CaseKind.DUNNING


def card_changed(
    session: Session, fact: PaymentMethodSeen | CustomerSeen, setup: Setup, *, now: datetime
) -> None:
    """Another new or updated card: left to the provider's next retry, unless the merchant wants it charged.

    That charge is our doing and no wish of the customer's: who is held out is left to the provider.
    """
    method_id = fact.default_payment_method_id if isinstance(fact, CustomerSeen) else fact.payment_method_id
    if fact.customer_id is None or method_id is None or not setup.policy.charge_on_card_change:
        return
    for desk in open_desks(session, [fact.customer_id], setup, now=now):
        case = next((c for c in desk.cases if c.state == CaseState.OPEN), None)
        if case is not None and control_of(case.experiment_arm) is not None:
            continue
        if isinstance(fact, CustomerSeen) and (case is None or not _is_changed(desk, case, method_id)):
            continue
        targets = _targets(desk, case.id, setup.policy.pay_older_invoices) if case else None
        if case is None or not targets or not targets["invoices"] or method_id in targets["failed_methods"]:
            continue
        queued = queue_action(
            session,
            key=f"{case.id}:changed:{method_id}:{targets['invoices'][0]}",
            name=USE_NEW_CARD,
            customer_id=fact.customer_id,
            case_id=case.id,
            params={"session": None, "setup_intent": None, "payment_method": method_id, **targets},
            now=now,
        )
        if queued:
            desk.note(
                case, "card.changed", "The customer has another card; it is set and charged as configured."
            )


def _is_changed(desk: Desk, case: Case, method_id: str) -> bool:
    """Whether the customer's default is another one than when we last looked; news of other kinds come too."""
    if desk.customer.default_payment_method_id != method_id or "default_method" not in case.details:
        return False
    return bool(case.details["default_method"] != method_id)


def _targets(desk: Desk, case_id: str, older: bool) -> dict[str, Any]:
    """What to set and charge: newest open invoice first, and which cards nobody may charge."""
    case = next(c for c in desk.cases if c.id == case_id)
    owed = [d for d in desk.debts(case) if rules.settlement(d) is None]
    newest_first = sorted(owed, key=lambda d: (d.invoice.created_at or desk.now, d.invoice.id), reverse=True)
    invoices = [d.invoice.id for d in newest_first]
    subscriptions = {d.subscription.id for d in owed if d.subscription}
    failed = {(d.invoice.decline or {}).get("payment_method_id") for d in owed}
    return {
        "customer": desk.customer.id,
        "subscriptions": sorted(subscriptions),
        "invoices": invoices if older else invoices[:1],
        "banned": sorted(desk.bans()),
        "failed_methods": sorted(m for m in failed if m),
    }


def executor(reads: ProviderReads, writes: ProviderWrites) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """The executor of `use_new_card`: set the card, charge the newest open invoice, then older ones."""

    def use_new_card(params: dict[str, Any], key: str) -> dict[str, Any]:
        method_id = params["payment_method"] or method_of_setup(reads, params["setup_intent"])
        method = reads.fetch("payment_method", method_id)
        if method is None:
            raise ProviderError("the new card is gone", permanent=True)
        fingerprint = (method.get("card") or {}).get("fingerprint")
        if {method_id, fingerprint} & set(params["banned"]):
            return {"status": "banned", "payment_method": method_id}
        writes.set_default_payment_method(
            params["customer"], params["subscriptions"], method_id, f"{key}:default"
        )
        charged: list[dict[str, Any]] = []
        for invoice_id in params["invoices"]:
            paid = writes.pay_invoice(invoice_id, method_id, f"{key}:pay:{invoice_id}")
            decline = paid.decline
            charged.append({"invoice": invoice_id, "status": paid.status})
            if paid.status not in ("paid", "already_paid", "processing"):
                told = {"code": decline.code, "decline_code": decline.decline_code} if decline else None
                return {
                    "status": paid.status,
                    "charged": charged,
                    "decline": told,
                    "payment_method": method_id,
                }
        status = "processing" if any(c["status"] == "processing" for c in charged) else "paid"
        return {"status": status, "charged": charged, "payment_method": method_id}

    return use_new_card


def charged(session: Session, fact: ActionSettled, setup: Setup, *, now: datetime) -> None:
    """Write what came of the charge onto the page's session and the case's timeline."""
    if fact.name != USE_NEW_CARD or fact.case_id is None:
        return
    status = (fact.result or {}).get("status") if fact.state == ActionState.DONE else fact.state
    row = session.get(CardSession, fact.params.get("session") or "")
    if row is not None:
        states = {"paid": CardSessionState.PAID, "declined": CardSessionState.DECLINED}
        states |= {"needs_action": CardSessionState.DECLINED, "banned": CardSessionState.DECLINED}
        if status != "processing":  # a debit is on its way; the invoice's event tells the end
            row.state = states.get(status or "", CardSessionState.FAILED)
        row.decline = {"status": status, **((fact.result or {}).get("decline") or {})}
    case = case_rows.get(session, fact.case_id)
    if case is None:
        return
    sentences = {
        "paid": "The new card was charged: paid.",
        "processing": "The new payment method was charged; its bank takes some days to answer.",
        "declined": "The new card was declined as well.",
        "needs_action": "The bank wants the customer to confirm the payment with the new card.",
        "banned": "The same card was given again, and its network forbids to charge it now: it was not charged.",
    }
    for desk in open_desks(session, [fact.customer_id], setup, now=now):
        told = sentences.get(status or "", f"The new card could not be charged: {fact.detail}.")
        desk.note(case, f"card.{status}", told)
