"""The new card before the charge: saved on a page that we minted, then set where it will be charged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing.facts import CardSessionCompleted
from app.billing.ports import ProviderReads, ProviderWrites
from app.cases import repository as case_rows
from app.cases.card_sessions import method_of_setup
from app.cases.models import CardSession, Case
from app.cases.states import CardSessionState
from app.expiring import mails
from app.expiring.desk import KIND, desks_of, watched_of
from app.expiring.mails import Setup
from app.outbox.facts import ActionSettled
from app.outbox.service import queue_action
from app.outbox.states import ActionState

SET_NEW_CARD = "set_new_card"


def card_saved(session: Session, fact: CardSessionCompleted, setup: Setup, *, now: datetime) -> None:
    """A page was completed. Its card is set, also when the case has closed meanwhile: the customer gave it."""
    row = session.get(CardSession, fact.session_id, with_for_update=True)
    case = case_rows.get(session, row.case_id, lock=True) if row else None
    if row is None or case is None or case.kind != KIND or row.state != CardSessionState.OPEN:
        return
    row.completed_at, row.state = fact.at, CardSessionState.CHARGING
    queue_action(
        session,
        key=f"{case.id}:card:{row.id}",
        name=SET_NEW_CARD,
        customer_id=row.customer_id,
        case_id=case.id,
        params={
            "session": row.id,
            "setup_intent": fact.setup_intent_id,
            "payment_method": fact.payment_method_id,
            "customer": row.customer_id,
            "subscriptions": _subscriptions(case),
        },
        now=now,
    )


def _subscriptions(case: Case) -> list[str]:
    """Those whose charge the case watches, or watched: they have the old card as their own default."""
    ended = {e["subscription"] for e in case.details.get("ended", [])}
    return sorted(ended | {w.subscription_id for w in watched_of(case)})


def executor(reads: ProviderReads, writes: ProviderWrites) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """The executor of `set_new_card`: nothing is charged."""

    def set_new_card(params: dict[str, Any], key: str) -> dict[str, Any]:
        method_id = params["payment_method"] or method_of_setup(reads, params["setup_intent"])
        writes.set_default_payment_method(
            params["customer"], params["subscriptions"], method_id, f"{key}:default"
        )
        return {"payment_method": method_id}

    return set_new_card


def card_set(session: Session, fact: ActionSettled, setup: Setup, *, now: datetime) -> None:
    """Write what came of it onto the page's session and the timeline, and confirm it to the customer."""
    if fact.name != SET_NEW_CARD or fact.case_id is None:
        return
    row = session.get(CardSession, fact.params["session"])
    case = case_rows.get(session, fact.case_id, lock=True)
    desk = next(iter(desks_of(session, [fact.customer_id], setup, now=now)), None)
    if row is None or case is None or desk is None:
        return
    if fact.state != ActionState.DONE:
        row.state = CardSessionState.FAILED
        desk.note(case, "card.failed", f"The new card could not be set: {fact.detail}.")
        return
    row.state = CardSessionState.SAVED
    desk.note(case, "card.saved", "The customer saved a new card on the page we opened; it is set.")
    mails.send_confirmation(desk.addressed, case, row.id)
