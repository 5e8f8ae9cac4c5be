"""What a case watches, and how each of its charges ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.billing.states import PaymentMethodState, SubscriptionState
from app.cases.states import Outcome
from app.expiring.rules.cards import last_day, order_of_charge
from app.expiring.rules.risks import RUNNING, Payer, Risk, judge
from app.expiring.states import BackupRule, By, LeftOut

UNPAID = frozenset({"past_due", "unpaid"})
ENDED_UNPAID = frozenset({"payment_failed", "canceled_by_retention_policy"})
TAKEN_OVER = "the charge failed; the reminders of the late payment take over"

REASONS: dict[LeftOut, str] = {
    LeftOut.CUSTOMER_GONE: "the customer was deleted",
    LeftOut.NOT_CHARGED: "there is no card left to charge",
    LeftOut.NOT_RENEWING: "the subscription does not renew",
    LeftOut.PAUSED: "its payments are paused",
    LeftOut.BY_INVOICE: "it is now paid by invoice",
    LeftOut.FREE: "it costs nothing any more",
    LeftOut.STILL_VALID: "the next charge now falls before the card's end",
    LeftOut.BACKUP: "the customer has named another card that is good",
    LeftOut.TOLD_LATER: "the next charge is now far away; it is told near it",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One charge that a case is about. `known_at`: when the card was last seen as the case knows it."""

    subscription_id: str
    method_id: str
    valid_until: date
    charge_at: datetime
    known_at: datetime

    @property
    def card(self) -> str:
        return f"{self.method_id}:{self.valid_until:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a watched charge ceased to be at risk. `for_good`: the card opens no other case."""

    outcome: Outcome
    why: str
    by: By | None = None
    for_good: bool = False


def watched(risk: Risk) -> Watched:
    method = risk.method
    return Watched(risk.subscription.id, method.id, risk.valid_until, risk.charge_at, method.seen_at)


def stored(watch: Watched) -> dict[str, Any]:
    """As the case keeps it."""
    return {
        "subscription": watch.subscription_id,
        "method": watch.method_id,
        "valid_until": watch.valid_until.isoformat(),
        "charge_at": watch.charge_at.isoformat(),
        "known_at": watch.known_at.isoformat(),
    }


def restored(row: Mapping[str, Any]) -> Watched:
    return Watched(
        row["subscription"],
        row["method"],
        date.fromisoformat(row["valid_until"]),
        datetime.fromisoformat(row["charge_at"]),
        datetime.fromisoformat(row["known_at"]),
    )


def ending(
    watch: Watched, payer: Payer, backup: BackupRule, *, over: bool, now: datetime
) -> Ending | Risk | None:
    """How the charge ended, or the risk that it still is; None: wait, the charge is under way.

    `over`: the case's time is up, a day after the charge.
    """
    subscription = payer.subscriptions.get(watch.subscription_id)
    if subscription is None:
        return Ending(Outcome.NOT_NEEDED, REASONS[LeftOut.NOT_RENEWING])
    updated = _updated(watch, subscription, payer)
    if updated is not None:
        return updated
    if now >= watch.charge_at:
        return _after_charge(subscription, over)
    found = judge(subscription, payer, backup)
    if isinstance(found, Risk):
        return found
    return Ending(Outcome.NOT_NEEDED, REASONS.get(found, "it is not at risk any more"))


def _updated(watch: Watched, subscription: SubscriptionState, payer: Payer) -> Ending | None:
    """Whether another card, or the same one with later dates, would now be charged."""
    order = order_of_charge(subscription, payer.customer)
    if subscription.status not in RUNNING or not order:
        return None
    if order[0] != watch.method_id:
        return Ending(Outcome.CARD_UPDATED, "another card is charged now", By.CUSTOMER)
    method = payer.methods.get(watch.method_id)
    end = last_day(method) if method else None
    if method is None or end is None or end <= watch.valid_until:
        return None
    by = through_whom(method, since=watch.known_at)
    words = {
        By.UPDATER: "the card network sent the new dates",
        By.CUSTOMER: "the card has new dates",
        By.UNKNOWN: "the card has new dates; the provider does not say through whom",
    }
    return Ending(Outcome.CARD_UPDATED, words[by], by)


def through_whom(method: PaymentMethodState, *, since: datetime | None) -> By:
    """Who renewed a card's dates. A reading shows that they are new, not who brought them."""
    updated_at = method.auto_updated_at
    if updated_at is not None and (since is None or updated_at >= since):
        return By.UPDATER
    return By.UNKNOWN if method.seen_live else By.CUSTOMER


def _after_charge(subscription: SubscriptionState, over: bool) -> Ending | None:
    """The charge's time has come: it fails and dunning takes over, or it went through all the same."""
    unpaid = subscription.status in UNPAID
    if unpaid or subscription.cancellation_reason in ENDED_UNPAID:
        return Ending(Outcome.EXPIRED, TAKEN_OVER, for_good=True)
    if not over:
        return None
    if subscription.status == "active":
        return Ending(Outcome.NOT_NEEDED, "the charge went through all the same", for_good=True)
    if subscription.status in RUNNING:
        return Ending(Outcome.EXPIRED, "the card has expired", for_good=True)
    return Ending(Outcome.NOT_NEEDED, REASONS[LeftOut.NOT_RENEWING])


def outcome_of(endings: Sequence[Outcome]) -> Outcome:
    """One outcome for a case that watched several charges: what a customer did counts before what happened."""
    order = (Outcome.CARD_UPDATED, Outcome.EXPIRED, Outcome.NOT_NEEDED)
    return next((o for o in order if o in endings), Outcome.NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier case of the customer. `done`: cards of which all has been said. `sent`: numbers of the
    notices that went, by card."""

    stopped: bool
    cards: frozenset[str]
    done: frozenset[str]
    sent: Mapping[str, Sequence[int]]


def refusal(card: str, past: Iterable[Past]) -> LeftOut | None:
    """Why a card opens no other case."""
    for case in past:
        if case.stopped and card in case.cards:
            return LeftOut.STOPPED
        if card in case.done:
            return LeftOut.TOLD
    return None


def already_sent(card: str, past: Iterable[Past]) -> frozenset[int]:
    """Which of its notices a card has had."""
    return frozenset(number for case in past for number in case.sent.get(card, ()))
