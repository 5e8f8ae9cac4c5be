"""The offer for returning: chosen without a live contract, made at the return page, taken by the checkout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.hooks.states import HookType
from app.offers import budget, repository
from app.offers import service as offers
from app.offers.choosing import Chosen, Person, applicant
from app.offers.models import Grant
from app.offers.rules.for_return import LastPlan, refusals_for_return, terms_for_return
from app.offers.rules.policy import Catalogue
from app.offers.rules.terms import terms_from_json
from app.offers.service import Occasion
from app.offers.states import GrantState, Means

ANSWER_SOON = timedelta(hours=1)


def had_money_off(session: Session, person: Person, within: timedelta, *, now: datetime) -> datetime | None:
    """When this person last took something that cost the merchant, if that is within the time; else None."""
    taken = repository.earlier(session, person.customer_ids, person.address_hash)
    latest = max((e.accepted_at for e in taken if e.cost_minor > 0), default=None)
    return latest if latest is not None and now - latest < within else None


def choose_for_return(
    session: Session,
    catalogue: Catalogue,
    names: Sequence[str],
    last: LastPlan,
    person: Person,
    *,
    now: datetime,
) -> Chosen:
    """The first offer of `names` that this person may be made for returning to this plan. Writes nothing."""
    known = [n for n in dict.fromkeys(names) if n in catalogue]
    who = applicant(session, catalogue, known, person, last.currency or "", now=now)
    refused: dict[str, Sequence[str]] = {}
    for name in known:
        offer = catalogue[name]
        why = refusals_for_return(name, offer, last, who, cost_minor=0, now=now)
        if not why:
            terms = terms_for_return(offer, last, feature=person.missing, now=now)
            why = refusals_for_return(name, offer, last, who, cost_minor=terms.cost_minor, now=now)
            if not why:
                return Chosen(name, offer, terms, refused)
        refused[name] = why
    return Chosen(None, refused=refused)


def offer_to_return(
    session: Session, to: Occasion, chosen: Chosen, catalogue: Catalogue, *, now: datetime
) -> Grant | None:
    """Write down that an offer is made and book it, until the checkout ends. None: the budget is used up by now.

    The one that this case has open is made again as it was.
    """
    for grant in repository.of_case(session, to.case_id):
        if grant.state == GrantState.SHOWN and grant.expires_at > now and grant.offer == chosen.name:
            return grant
    assert chosen.name is not None
    assert chosen.offer is not None
    assert chosen.terms is not None
    grant = offers.show(session, to, chosen.name, chosen.offer, chosen.terms, now=now)
    if not budget.book(session, grant, catalogue.get(chosen.name), now=now):
        offers.expire(session, grant, now=now)
        grant.failure = "the budget is used up"
        return None
    return grant


def let_go(session: Session, grant: Grant, *, now: datetime) -> None:
    """The checkout ended without a purchase: the budget has its money back."""
    offers.expire(session, grant, now=now)


def taken(
    session: Session, grant: Grant, subscription_id: str, catalogue: Catalogue, *, now: datetime
) -> None:
    """The checkout was completed: the offer was taken for this new subscription. Told twice it is taken once."""
    if grant.state not in (GrantState.SHOWN, GrantState.EXPIRED):
        return
    if grant.booked_month is None:  # the provider has given it already, whatever the budget says
        budget.book(session, grant, None, now=now)
    grant.subscription_id, grant.accepted_at, grant.settled_at = subscription_id, now, None
    grant.state, grant.look_at = GrantState.ACCEPTED, now + ANSWER_SOON
    session.flush()
    offers.tell(session, grant, HookType.OFFER_ACCEPTED, now=now)
    terms = terms_from_json(grant.terms)
    if terms.means is Means.ENTITLEMENT:
        offers.entitle(session, grant, terms, now=now)
    else:
        offers.applied(session, grant, now=now)
