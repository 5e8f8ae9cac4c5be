"""Which offer a person is made: the first one on the list that they may have, and why not the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns.repository import version_of
from app.offers import budget, repository
from app.offers.rules.contract import Contract, Preview
from app.offers.rules.eligibility import Applicant, refusals
from app.offers.rules.policy import Catalogue, Offer
from app.offers.rules.terms import Terms, terms_of, with_totals
from app.offers.withdrawing import lost


@dataclass(frozen=True, slots=True)
class Person:
    """Who might be made an offer. `customer_ids`: every customer that is this person, the first is the one."""

    customer_ids: Sequence[str]
    address_hash: str | None
    country: str | None
    missing: str | None = None
    consumes_entitlements: bool = False
    in_dispute: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """`refused`: the reasons by offer, of those that stood before it on the list."""

    name: str | None
    offer: Offer | None = None
    terms: Terms | None = None
    refused: Mapping[str, Sequence[str]] = field(default_factory=dict)


def version_of_offer(offer: Offer) -> str:
    """A short digest of an offer as it is configured now."""
    return version_of("offer", offer.model_dump(mode="json"))


def applicant(
    session: Session,
    catalogue: Catalogue,
    names: Collection[str],
    person: Person,
    currency: str,
    *,
    now: datetime,
) -> Applicant:
    """The person with their history and what is left of the budgets."""
    return Applicant(
        country=person.country,
        earlier=repository.earlier(session, person.customer_ids, person.address_hash),
        missing=person.missing,
        consumes_entitlements=person.consumes_entitlements,
        in_dispute=person.in_dispute,
        lost_coupons=lost(session, [c for name in names if (c := catalogue[name].coupon)]),
        budgets=budget.left(session, catalogue, names, currency, now=now),
    )


def choose(
    session: Session,
    catalogue: Catalogue,
    names: Sequence[str],
    contract: Contract,
    person: Person,
    *,
    preview: Preview | None,
    now: datetime,
) -> Chosen:
    """The first offer of `names` that this person may have for this subscription. Writes nothing.

    `preview`: of the next renewal as it is; it tells the totals with tax.
    """
    known = [n for n in dict.fromkeys(names) if n in catalogue]
    who = applicant(session, catalogue, known, person, contract.currency, now=now)
    refused: dict[str, Sequence[str]] = {}
    for name in known:
        offer = catalogue[name]
        why = refusals(name, offer, contract, who, cost_minor=0, now=now)
        if not why:
            terms = terms_of(offer, contract, feature=person.missing, now=now)
            why = refusals(name, offer, contract, who, cost_minor=terms.cost_minor, now=now)
            if not why:
                return Chosen(name, offer, with_totals(terms, contract, preview), refused)
        refused[name] = why
    return Chosen(None, refused=refused)
