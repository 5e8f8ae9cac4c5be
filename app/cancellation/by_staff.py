"""Staff who act on a customer's word: the same case, rules, budget and evidence as on the page.

Each act is one transaction that ends with an action; then the action is carried out while the caller waits.
What is refused leaves no row behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.cancellation import repository, service
from app.cancellation.desk import Desk, Visitor, open_desk
from app.cancellation.ending import CANCEL, KEEP
from app.cancellation.looking import live_contract
from app.cancellation.ports import Hands, Setup
from app.cancellation.rules.policy import HOLDOUT
from app.cancellation.states import Screen
from app.cases.models import Case
from app.cases.standing import place_shown
from app.cases.states import CaseState
from app.core import acts
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, InvalidInput, NotConfigured, NotFound
from app.offers import repository as grants
from app.offers import service as offers
from app.offers.choosing import Chosen, choose
from app.offers.models import Grant
from app.offers.ports import ProviderContracts
from app.offers.states import GrantState, OfferKind
from app.outbox.models import Action
from app.outbox.states import UNSETTLED, ActionState


class Counter(Protocol):
    """What staff need of the application. `contracts` is None where no provider key is configured."""

    @property
    def db(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def cancelling(self) -> Setup: ...

    @property
    def contracts(self) -> ProviderContracts | None: ...

    @property
    def actions(self) -> Hands: ...


@dataclass(frozen=True, slots=True)
class Order:
    """Whose subscription, who acts (the key's name), and why, which is kept with the act."""

    customer_id: str
    subscription_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the customer has said. `reason`: a key of `[cancellation.reasons]`; `missing`: a feature."""

    reason: str | None = None
    comment: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: cancelled, applied, pending, manual or failed; `why` of the last two.

    `again`: it was under way or done before, and nothing was added.
    """

    case_id: str
    status: str
    grant_id: str | None = None
    ends_at: str | None = None
    why: str | None = None
    again: bool = False


def cancel(counter: Counter, order: Order, told: Told, *, at_once: bool = False) -> Done:
    """Cancel for a customer; `at_once`: now instead of with the paid time. Asking twice cancels once."""
    with counter.db.write() as session:
        now = counter.clock()
        visitor = _visitor(counter, session, order)
        _check_reason(counter.cancelling, told)
        before = _under_way(session, order, at_once=at_once)
        if before is not None:
            case, action = before
        else:
            desk = open_desk(session, visitor, None, None, counter.cancelling, now=now)
            case = desk.case
            service.remember_answer(desk, reason=told.reason, missing=told.missing, comment=told.comment)
            action = service.cancel(desk, at_once=at_once)
        after = {"case": case.id, "subscription": order.subscription_id, "again": before is not None}
        _register(session, "cancellation.by_staff", order, after | {"at_once": at_once}, counter)
        case_id, action_id = case.id, action.id
    counter.actions.deliver(action_id)
    with counter.db.read() as session:
        return _told(session.get_one(Action, action_id), case_id, None, again=before is not None)


def _under_way(session: Session, order: Order, *, at_once: bool) -> tuple[Case, Action] | None:
    """The cancellation that is on its way or has just been made. Raises Conflict where nothing is left to do."""
    found = billing.load(session, SubscriptionState, [order.subscription_id])[order.subscription_id]
    case = repository.latest_case_of(session, order.customer_id, order.subscription_id)
    wanted = service.action_of(session, case.id, CANCEL) if case else None
    if case is not None and wanted is not None and service.action_of(session, case.id, KEEP) is None:
        same = not at_once or bool(wanted.params.get("at_once"))
        if wanted.state in UNSETTLED or case.state != CaseState.CLOSED:
            if not same:
                raise Conflict(
                    f"{found.id} is being cancelled with its paid time; ask again when that is done"
                )
            return case, wanted
        if same and _made(wanted) and wanted.settled_at and found.seen_at <= wanted.settled_at:
            return case, wanted  # done, and the provider's news of it are still on their way
    if found.ended_at is not None or found.status in TERMINAL_SUBSCRIPTION:
        raise Conflict(f"{found.id} has ended already")
    if found.cancel_at is not None and not at_once:
        raise Conflict(f"{found.id} is cancelled already; it ends {found.cancel_at:%Y-%m-%d %H:%M} UTC")
    return None


def _made(action: Action) -> bool:
    return action.state == ActionState.DONE and (action.result or {}).get("status") == "cancelled"


def give(counter: Counter, order: Order, name: str, told: Told) -> Done:
    """Make a customer one offer and take it for them: eligibility, budget and evidence are the page's."""
    contract, preview = live_contract(counter.contracts, order.customer_id, order.subscription_id)
    with counter.db.write() as session:
        now = counter.clock()
        visitor = _visitor(counter, session, order)
        _check_reason(counter.cancelling, told)
        if name not in counter.cancelling.offers:
            raise InvalidInput(f"offer: [offers] of reclaim.toml has no {name}")
        if contract is None:
            raise Conflict(f"the payment provider knows no {order.subscription_id} of {order.customer_id}")
        setup = counter.cancelling
        desk = open_desk(session, visitor, None, contract, setup, preview=preview, now=now)
        service.remember_answer(desk, reason=told.reason, missing=told.missing, comment=told.comment)
        grant = _shown(desk, name)
        try:
            action = offers.accept(session, grant.id, setup.offers, now=now)
        except offers.NotAvailable as error:
            raise Conflict(f"{name}: {error}") from error
        desk.visit.screen = Screen.TALK if grant.kind == OfferKind.TALK else Screen.APPLYING
        desk.note("offer.accepted", f"The offer {name} was accepted on the customer's word (by {order.who}).")
        after = {"case": desk.case.id, "subscription": order.subscription_id, "grant": grant.id}
        _register(session, "offer.by_staff", order, after | {"offer": name}, counter)
        session.flush()
        case_id, grant_id, action_id = desk.case.id, grant.id, action.id if action else None
    if action_id is not None:
        counter.actions.deliver(action_id)
    with counter.db.read() as session:
        if action_id is not None:
            return _told(session.get_one(Action, action_id), case_id, grant_id)
        state = session.get_one(Grant, grant_id).state
        return Done(case_id, "applied" if state == GrantState.APPLIED else "pending", grant_id)


def _shown(desk: Desk, name: str) -> Grant:
    """The offer as it stands on the page, or a new one; another that stands there is taken back."""
    if desk.case.experiment_arm == HOLDOUT:
        raise Conflict(f"{name}: the customer is in the hold-out, which gets no offer")
    if service.offers_left(desk) < 1:
        raise Conflict(f"{name}: under the rules {desk.preset.name} this case may be made no further offer")
    for grant in grants.of_case(desk.session, desk.case.id):
        if grant.state == GrantState.SHOWN and grant.expires_at > desk.now:
            if grant.offer == name:
                desk.visit.grant_id = grant.id
                return grant
            offers.decline(desk.session, grant, now=desk.now)
            desk.note("offer.declined", f"The offer {grant.offer} was taken back for another one.")
    # No decision is logged: that a person chose this offer says nothing about how well the policy chooses.
    return service.show(desk, _eligible(desk, name))


def _eligible(desk: Desk, name: str) -> Chosen:
    assert desk.contract is not None
    catalogue = desk.setup.offers
    chosen = choose(
        desk.session,
        catalogue,
        [name],
        desk.contract,
        desk.person(),
        preview=desk.preview,
        now=desk.now,
    )
    if chosen.name is None:
        raise Conflict(f"{name}: {'; '.join(chosen.refused[name])}")
    return chosen


def _visitor(counter: Counter, session: Session, order: Order) -> Visitor:
    """The one for whom staff act. Holds the customer until the transaction ends, so that of two at once one waits.

    Raises NotFound, Conflict where the subscription is somebody else's.
    """
    customer = billing.load(session, CustomerState, [order.customer_id]).get(order.customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {order.customer_id}")
    billing.lock_customers(session, [customer])
    found = billing.load(session, SubscriptionState, [order.subscription_id]).get(order.subscription_id)
    if found is None:
        raise NotFound(f"there is no subscription {order.subscription_id}")
    if found.customer_id != order.customer_id:
        raise Conflict(f"{order.subscription_id} is not a subscription of {order.customer_id}")
    if counter.contracts is None:
        raise NotConfigured("no provider key is configured: nothing can be changed there")
    place = place_shown(session, order.customer_id, customer, counter.cancelling.terms)
    return Visitor(order.customer_id, order.subscription_id, order.who, place.language.tag)


def _check_reason(setup: Setup, told: Told) -> None:
    known = setup.cancellation.reasons
    if told.reason is not None and told.reason not in known:
        raise InvalidInput(f"reason: must be one of {', '.join(known)}")


def _register(session: Session, act: str, order: Order, after: dict[str, Any], counter: Counter) -> None:
    acts.record(
        session,
        act,
        who=order.who,
        subject=order.customer_id,
        why=order.why,
        after=after,
        now=counter.clock(),
    )


def _told(action: Action, case_id: str, grant_id: str | None, *, again: bool = False) -> Done:
    result = action.result or {}
    if action.state in UNSETTLED:
        status, why = "pending", action.error
    elif action.state == ActionState.DONE:
        status, why = result.get("status", "failed"), result.get("why")
    else:
        status, why = "failed", action.error
    status = "failed" if status == "refused" else status
    return Done(case_id, status, grant_id, result.get("ends_at"), why, again)
