"""The verdict on one charge: approved, declined, in need of the customer, or settling later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.calendar_periods import boundary
from sandbox.cards.declines import Decline, decline_for
from sandbox.cards.numbers import CardFacts, card_facts
from sandbox.clock import DAY, as_seconds
from sandbox.state import Obj, State

OWN_CODE_ONLY = {"expired_card", "incorrect_cvc", "incorrect_number", "processing_error"}


@dataclass(frozen=True)
class Approved:
    dispute: str | None = None


@dataclass(frozen=True)
class Declined:
    decline: Decline


@dataclass(frozen=True)
class NeedsAction:
    """The bank wants the cardholder to confirm."""


@dataclass(frozen=True)
class Settling:
    """A bank debit was sent; its end is known at `settles_at`."""

    settles_at: int


Verdict = Approved | Declined | NeedsAction | Settling


def judge(state: State, method: Obj, *, authenticated: bool = False, off_session: bool = True) -> Verdict:
    """What happens to a charge of this method now. A behaviour set by a test wins over everything else."""
    behaviour = state.hidden.behaviours.get(method["id"])
    if method["type"] in ("sepa_debit", "us_bank_account"):
        days = (
            state.policy.sepa_settle_days if method["type"] == "sepa_debit" else state.policy.ach_settle_days
        )
        return Settling(state.now + days * DAY)
    if behaviour and behaviour.holds(state.now):
        if behaviour.requires_action and not authenticated:
            return NeedsAction()
        return Declined(_as_other_type(method, behaviour.decline)) if behaviour.decline else Approved()
    if method["type"] != "card":
        return Approved()
    facts = card_facts(state.hidden.card_numbers.get(method["id"], "")) or CardFacts("4242424242424242")
    saved = method["id"] in state.hidden.authenticated_methods and off_session
    if not authenticated and (
        facts.authentication == "always" or (facts.authentication == "unless_saved" and not saved)
    ):
        return NeedsAction()
    if facts.decline:
        return Declined(decline_for(facts.decline, hide_decline_code=facts.decline in OWN_CODE_ONLY))
    if expires_at(method["card"]) <= state.now:
        return Declined(decline_for("expired_card"))
    return Approved(facts.dispute)


def settled_verdict(state: State, method: Obj) -> Verdict:
    """How a bank debit ends: by the behaviour that holds when it settles."""
    behaviour = state.hidden.behaviours.get(method["id"])
    if behaviour and behaviour.holds(state.now) and behaviour.decline:
        return Declined(_as_other_type(method, behaviour.decline))
    return Approved()


def expires_at(card: Obj) -> int:
    """The first second after the card's last valid month (UTC)."""
    month_start = as_seconds(datetime(card["exp_year"], card["exp_month"], 1, tzinfo=UTC))
    return boundary(month_start, {"interval": "month", "interval_count": 1}, 1)


def _as_other_type(method: Obj, decline: Decline) -> Decline:
    """Bank debits name their failure code as the error code; wallets have one code for every decline."""
    if method["type"] in ("sepa_debit", "us_bank_account"):
        code = decline.decline_code or decline.code
        return Decline(
            code=code,
            message="The bank returned this debit.",
            network_decline_code=decline.network_decline_code,
        )
    if method["type"] == "paypal":
        reason = decline.decline_code or "generic_decline"
        return Decline("payment_method_provider_decline", "The payment was declined by the wallet.", reason)
    return decline
