"""The verdict on one charge: approved, declined, in need of the customer, or settling later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.calendar_periods import boundary
from sandbox.cards.accounts import DEBITS, account_facts, settles_at
from sandbox.cards.behaviour import behaviour_of
from sandbox.cards.declines import Decline, decline_for
from sandbox.cards.facts import CardFacts
from sandbox.cards.numbers import card_facts
from sandbox.clock import as_seconds
from sandbox.state import Obj, State

OWN_CODE_ONLY = {"expired_card", "incorrect_cvc", "incorrect_number", "processing_error"}


@dataclass(frozen=True)
class Approved:
    """The money comes."""


@dataclass(frozen=True)
class Declined:
    decline: Decline


@dataclass(frozen=True)
class NeedsAction:
    """The bank wants the cardholder to confirm."""


@dataclass(frozen=True)
class Settling:
    """A bank debit was sent; its end is known at `settles_at`, or never when that is None."""

    settles_at: int | None


Verdict = Approved | Declined | NeedsAction | Settling


def judge(state: State, method: Obj, *, authenticated: bool = False, off_session: bool = True) -> Verdict:
    """What happens to a charge of this method now. A behaviour set by a test wins over everything else."""
    if method["type"] in DEBITS:
        return Settling(settles_at(state, method))
    behaviour = behaviour_of(state, method)
    if behaviour:
        if behaviour.requires_action and not authenticated:
            return NeedsAction()
        return Declined(_as_other_type(method, behaviour.decline)) if behaviour.decline else Approved()
    if method["type"] != "card":
        return Approved()
    facts = facts_of(state, method)
    if not authenticated and wants_cardholder(state, method, facts, off_session):
        return NeedsAction()
    if facts.decline:
        return Declined(decline_for(facts.decline, hide_decline_code=facts.decline in OWN_CODE_ONLY))
    if expires_at(method["card"]) <= state.now:
        return Declined(decline_for("expired_card"))
    return Approved()


def facts_of(state: State, method: Obj) -> CardFacts:
    """The facts of a method's number; an unlisted number behaves like the plain card."""
    return card_facts(state.hidden.card_numbers.get(method["id"], "")) or CardFacts("4242424242424242")


def wants_cardholder(state: State, method: Obj, facts: CardFacts, off_session: bool) -> bool:
    """Whether the bank asks for authentication; a method saved with it may be charged off session after."""
    saved = method["id"] in state.hidden.authenticated_methods and off_session
    return facts.authentication == "always" or (facts.authentication == "unless_saved" and not saved)


def settled_verdict(state: State, method: Obj) -> Verdict:
    """How a bank debit ends: by the behaviour that holds when it settles, else by its account number."""
    behaviour = behaviour_of(state, method)
    if behaviour:
        return Declined(_as_other_type(method, behaviour.decline)) if behaviour.decline else Approved()
    failure = account_facts(state, method).failure
    return Declined(_returned(failure, None)) if failure else Approved()


def expires_at(card: Obj) -> int:
    """The first second after the card's last valid month (UTC)."""
    month_start = as_seconds(datetime(card["exp_year"], card["exp_month"], 1, tzinfo=UTC))
    return boundary(month_start, {"interval": "month", "interval_count": 1}, 1)


def _as_other_type(method: Obj, decline: Decline) -> Decline:
    """Bank debits name their failure code as the error code; wallets have one code for every decline."""
    if method["type"] in DEBITS:
        return _returned(decline.decline_code or decline.code, decline.network_decline_code)
    if method["type"] == "paypal":
        reason = decline.decline_code or "generic_decline"
        return Decline("payment_method_provider_decline", "The payment was declined by the wallet.", reason)
    return decline


def _returned(failure: str, network_code: str | None) -> Decline:
    return Decline(code=failure, message="The bank returned this debit.", network_decline_code=network_code)
