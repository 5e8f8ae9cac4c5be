"""Everything that decides whether a customer may be written to, gathered for many customers at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.twins import same_person
from app.contacts import repository as contacts
from app.contacts.address import hash_or_none
from app.contacts.models import Consent, ContactLog, CustomerFacts, Suppression
from app.contacts.rules.place import Place, language_for, zone_for
from app.contacts.rules.policy import Terms
from app.contacts.rules.standing import (
    Approach,
    ConsentKnown,
    House,
    Person,
    Standing,
    SuppressionKnown,
)
from app.contacts.rules.verdict import Ask, Go, Skip, Wait, verdict
from app.contacts.states import (
    Campaign,
    Channel,
    ConsentBasis,
    Flag,
    Purpose,
    SuppressionReason,
    SuppressionScope,
)
from app.core import gates
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.service import open_task

ONE_SEQUENCE_IN = timedelta(days=365)
"""So long a marketing campaign writes to one person once, however many customers of the provider they are."""


def standing_of(
    session: Session,
    people: Iterable[Person],
    approaches: Collection[Approach],
    terms: Terms,
    *,
    now: datetime,
    besides: str | None = None,
) -> dict[str, Standing]:
    """The standing of each person, by customer id; what none of `approaches` is judged by is not read.

    `besides`: a mail that does not weigh as a contact, because it is the one that asks.
    """
    by_id = {p.id: p for p in people}
    if not by_id:
        return {}
    row = gates.registered(session)
    known = row is not None and row.suppressions_known_at is not None
    house = House(terms.postal_address, known or terms.policy.no_old_suppressions)
    hashes = {c: hash_or_none(row.address_key, p.email) if row else None for c, p in by_id.items()}
    gathered = _gather(session, hashes, approaches, terms, now=now, besides=besides)
    return {
        c: gathered.standing(p, hashes[c], house, gathered.facts.get(c), terms, now) for c, p in by_id.items()
    }


@dataclass
class _Gathered:
    """Rows of a whole batch."""

    facts: Mapping[str, CustomerFacts]
    suppressions: Mapping[str, list[Suppression]]
    consents: list[Consent]
    contacts: list[ContactLog]
    open_campaigns: Mapping[str, set[Campaign]]
    disputing: set[str]
    twins: Mapping[str, frozenset[str]]

    def standing(
        self,
        person: Person,
        hashed: str | None,
        house: House,
        facts: CustomerFacts | None,
        terms: Terms,
        now: datetime,
    ) -> Standing:
        mine = [
            c for c in self.contacts if c.customer_id == person.id or (hashed and c.address_hash == hashed)
        ]
        twins = self.twins.get(person.id, frozenset())
        of_twins = [c for c in self.contacts if c.customer_id in twins and c not in mine]
        others = {c.campaign for c in (*mine, *of_twins) if c.customer_id != person.id}
        recent = now - max(terms.policy.caps.period, terms.policy.caps.spacing)
        return Standing(
            customer_id=person.id,
            house=house,
            deleted=person.deleted,
            flags=frozenset(Flag(f) for f in facts.flags) if facts else frozenset(),
            closed_channels=frozenset(Channel(c) for c, may in facts.channels.items() if may is False)
            if facts
            else frozenset(),
            suppressions=tuple(_known(s) for s in self.suppressions.get(hashed or "", ())),
            consents=tuple(
                _permission(c)
                for c in self.consents
                if c.customer_id == person.id or (hashed and c.address_hash == hashed)
            ),
            open_campaigns=frozenset(self.open_campaigns.get(person.id, ())),
            as_another=frozenset(Campaign(c) for c in others if c),
            disputing=person.id in self.disputing,
            contacts=tuple(c.at for c in mine if c.at > recent),
            twin_contacts=tuple(c.at for c in of_twins if c.at > recent),
            place=place_of(person, facts, terms),
        )


def _gather(
    session: Session,
    hashes: Mapping[str, str | None],
    approaches: Collection[Approach],
    terms: Terms,
    *,
    now: datetime,
    besides: str | None,
) -> _Gathered:
    customer_ids, known = list(hashes), {h for h in hashes.values() if h}
    marketing = any(a.purpose == Purpose.MARKETING for a in approaches)
    yielding = any(a.campaign not in (Campaign.DUNNING, None) for a in approaches)
    asked = any(a.purpose in (Purpose.MARKETING, Purpose.SERVICE) for a in approaches)
    since = now - (ONE_SEQUENCE_IN if marketing else max(terms.policy.caps.period, terms.policy.caps.spacing))
    twins = same_person(session, hashes) if marketing else {}
    everybody = {*customer_ids, *(t for found in twins.values() for t in found)}
    made = contacts.counted_since(session, everybody, known, since) if asked else []
    return _Gathered(
        facts=contacts.facts_of(session, customer_ids),
        suppressions=contacts.suppressions_of(session, known),
        consents=contacts.consents_of(session, customer_ids, known) if marketing else [],
        contacts=[c for c in made if besides is None or c.mail_id != besides],
        open_campaigns=_open_campaigns(session, customer_ids) if yielding else {},
        disputing=billing.disputing(session, customer_ids) if yielding else set(),
        twins=twins,
    )


def _open_campaigns(session: Session, customer_ids: Collection[str]) -> dict[str, set[Campaign]]:
    campaigns = set(Campaign)
    found: dict[str, set[Campaign]] = {}
    for customer_id, kind in case_rows.open_kinds(session, customer_ids):
        if kind in campaigns:
            found.setdefault(customer_id, set()).add(Campaign(kind))
    return found


def place_shown(session: Session, customer_id: str, person: Person | None, terms: Terms) -> Place:
    """Zone and language for a page about a customer; the defaults where the provider knows nobody."""
    facts = contacts.facts_of(session, [customer_id]).get(customer_id)
    if person is not None:
        return place_of(person, facts, terms)
    told = (facts.time_zone, facts.language) if facts else (None, None)
    return Place(
        zone_for(None, None, terms.default_zone, told=told[0]),
        language_for(None, None, terms.default_locale, told=told[1]),
    )


def place_of(person: Person, facts: CustomerFacts | None, terms: Terms) -> Place:
    """Zone and language of a person: the merchant's facts, the provider, the country, the default."""
    zone = zone_for(
        person.time_zone, person.country, terms.default_zone, told=facts.time_zone if facts else None
    )
    language = language_for(
        person.locale, person.country, terms.default_locale, told=facts.language if facts else None
    )
    return Place(zone, language, person.country.upper() if person.country else None)


def _known(row: Suppression) -> SuppressionKnown:
    return SuppressionKnown(
        row.id,
        SuppressionScope(row.scope),
        SuppressionReason(row.reason),
        row.source,
        row.since,
        row.expires_at,
        row.lifted_at,
    )


def _permission(row: Consent) -> ConsentKnown:
    return ConsentKnown(
        ConsentBasis(row.basis), row.source, row.proof, row.given_at, row.withdrawn_at, row.wording
    )


def contact_stop(
    session: Session, case: Case | None, mail: Mail, approach: Approach, terms: Terms, *, now: datetime
) -> Stop | None:
    """What the contact rules have against a mail that is about to leave, to the address it bears."""
    customer = billing.load(session, CustomerState, [mail.customer_id]).get(mail.customer_id)
    if customer is None:
        return Stop("its customer is gone")
    person = replace(customer, email=mail.to_address)
    approach = replace(approach, wanted_at=approach.wanted_at or mail.created_at)
    known = standing_of(session, [person], [approach], terms, now=now, besides=mail.id)
    match verdict(approach, known[person.id], terms.policy, now):
        case Go():
            return None
        case Wait(until, why):
            return Stop(why, until, moved=True)
        case Ask() as ask:
            case_id = case.id if case else None
            tell_a_person(session, ask, customer_id=person.id, case_id=case_id, what=mail.name, now=now)
            return Stop(f"{ask.why}; a person is asked")
        case Skip(why):
            return Stop(why)


def tell_a_person(
    session: Session, ask: Ask, *, customer_id: str, case_id: str | None, what: str, now: datetime
) -> None:
    """A task for what we do not send ourselves, once a case and ground."""
    key = f"{case_id or customer_id}:contact:{ask.ground}"
    if ask.bounce is not None:  # the bounce itself may have asked already
        key = f"no_working_email:{customer_id}:{ask.bounce.id}:{ask.bounce.since:%Y%m%dT%H%M%S}"
    open_task(
        session,
        key=key,
        kind="contact",
        title="A customer is not written to by us, and should hear from a person",
        detail=f"{what} is not sent: {ask.why}.",
        case_id=case_id,
        customer_id=customer_id,
        now=now,
    )
