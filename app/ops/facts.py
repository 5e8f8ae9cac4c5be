"""What the merchant's backend tells us of a customer."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.contacts import repository as contacts
from app.contacts import service as contact_service
from app.contacts.address import normalised
from app.contacts.rules.place import is_language, zone_exists
from app.contacts.states import AddresseeRole, Channel, ConsentBasis, Flag
from app.contacts.telling import SecondPerson, Told, tell
from app.core import acts
from app.core.auth import Scope
from app.core.errors import InvalidInput, NotFound
from app.core.text import clean_person_name
from app.core.web import Caller, needs, no_store
from app.ops.contact_schemas import AddresseeOut, ConsentOut
from app.ops.ports import At
from app.ops.schemas import Instant, Key, problems

router = APIRouter(prefix="/api/customers", tags=["customers"], dependencies=[Depends(no_store)])

MAX_KEYS = 50


def _address(value: str) -> str:
    try:
        normalised(value)
    except InvalidInput as error:
        raise ValueError(str(error)) from error
    return value.strip()


def _zone(value: str | None) -> str | None:
    if value is not None and not zone_exists(value):
        raise ValueError("must be a time zone such as Europe/Berlin")
    return value


def _language(value: str | None) -> str | None:
    if value is not None and not is_language(value):
        raise ValueError("must be a language tag such as de or de-AT")
    return value


def _plain(value: Any) -> Any:
    """A date becomes its text; a number must be one that JSON has."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value.isoformat() if isinstance(value, date) else value


Line = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Value = Annotated[
    bool | int | float | AwareDatetime | date | Line | None,
    Field(union_mode="left_to_right"),
    AfterValidator(_plain),
]
Values = Annotated[dict[Name, Value], Field(max_length=MAX_KEYS)]
Language = Annotated[str | None, Field(max_length=35), AfterValidator(_language)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConsentIn(_Strict):
    """A permission for marketing mail. `proof`: what to show if asked, e.g. a form's address and time."""

    basis: ConsentBasis
    proof: Line = Field(max_length=contact_service.PROOF_LIMIT)
    given_at: AwareDatetime
    wording: str | None = Field(None, max_length=4000, description="the words that were agreed to")


class AddresseeIn(_Strict):
    """A second person, who gets the reminders as well."""

    email: Annotated[str, Field(max_length=254), AfterValidator(_address)]
    name: str | None = Field(None, max_length=100)
    language: Language = None


class FactsIn(_Strict):
    """Changes; what is absent stays. Null takes a language, a zone, an addressee or a value away."""

    consent: ConsentIn | None = None
    withdraw_consent: bool = Field(False, description="the customer has withdrawn every consent")
    channels: dict[Channel, bool] = Field({}, description="false: not by this way")
    addressees: dict[AddresseeRole, AddresseeIn | None] = {}
    language: Language = None
    time_zone: Annotated[str | None, Field(max_length=64), AfterValidator(_zone)] = None
    flags: dict[Flag, bool] = {}
    usage: Values = Field({}, description="numbers, dates, words: seats, last_login, feature counts")
    opportunity: Values = Field({}, description="what sales knows: stage, amount, owner")
    reason: str | None = Field(None, max_length=300, description="why; kept with the act")

    def told(self) -> Told:
        given = self.model_fields_set
        people = {
            role: SecondPerson(p.email, clean_person_name(p.name), p.language) if p else None
            for role, p in self.addressees.items()
        }
        return Told(
            places={name: getattr(self, name) for name in ("language", "time_zone") if name in given},
            channels=self.channels,
            flags=self.flags,
            addressees=people,
            usage=self.usage,
            opportunity=self.opportunity,
        )


class FactsOut(BaseModel):
    """Everything that has been told."""

    customer_id: str
    language: str | None
    time_zone: str | None
    channels: dict[Channel, bool]
    flags: list[Flag]
    addressees: list[AddresseeOut]
    usage: dict[str, Any]
    opportunity: dict[str, Any]
    consents: list[ConsentOut]
    updated_at: Instant
    updated_by: str


@router.put("/{customer_id}/facts", responses=problems(404, 422))
def put_facts(
    at: At, who: Annotated[Caller, Depends(needs(Scope.OPERATE))], customer_id: Key, facts: FactsIn
) -> FactsOut:
    """Tell something about a customer; it is merged into what was told before."""
    now = at.clock()
    with at.db.write() as session:
        customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
        if customer is None:
            raise NotFound(f"there is no customer {customer_id}")
        _consent(session, customer, facts, who.name, now)
        row = tell(session, customer_id, facts.told(), who=who.name, why=facts.reason, now=now)
        address = contact_service.hashed(session, customer.email)
        consents = contacts.consents_of(session, [customer_id], [address] if address else [])
        people = contacts.addressees_of(session, [customer_id])[customer_id]
        return FactsOut(
            customer_id=customer_id,
            language=row.language,
            time_zone=row.time_zone,
            channels=row.channels,
            flags=row.flags,
            addressees=[AddresseeOut.model_validate(p) for p in people],
            usage=row.usage,
            opportunity=row.opportunity,
            consents=[ConsentOut.model_validate(c) for c in consents],
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )


def _consent(session: Session, customer: CustomerState, facts: FactsIn, who: str, now: datetime) -> None:
    """A withdrawal counts before a consent that is told with it."""
    done: dict[str, Any] = {}
    if facts.withdraw_consent:
        done["withdrawn"] = contact_service.withdraw(
            session,
            now=now,
            customer_id=customer.id,
            address=customer.email if contact_service.hashed(session, customer.email) else None,
        )
    if facts.consent is not None:
        given = facts.consent
        known = contact_service.hashed(session, customer.email)
        row = contact_service.record_consent(
            session,
            basis=given.basis,
            source=f"api:{who}",
            proof=given.proof,
            wording=given.wording,
            given_at=given.given_at,
            customer_id=customer.id,
            address=customer.email if known else None,
            now=now,
        )
        done["recorded"] = row is not None
    if done:
        acts.record(
            session, "consent.put", who=who, subject=customer.id, why=facts.reason, after=done, now=now
        )
