"""What is known of one customer when somebody wants to write to them. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.contacts.rules.hours import SendingHours
from app.contacts.rules.place import Language, Place, Zone
from app.contacts.states import (
    Campaign,
    Channel,
    ConsentBasis,
    Flag,
    Purpose,
    Stream,
    SuppressionReason,
    SuppressionScope,
)


@dataclass(frozen=True, slots=True)
class Approach:
    """What somebody wants to send. `campaign`: None for what no campaign wants, as a receipt.

    `episode_contacts`: counted contacts of the same case so far. `hours`: the campaign's own sending hours;
    None: the house's. `ask_hours`: False for a mail that was decided within the hours just now.
    `latest`: the caps do not hold it back beyond this instant, as it would come too late to be of use.
    `wanted_at`: when it was to go at first; what the merchant has still to set holds it back only so long.
    """

    campaign: Campaign | None
    purpose: Purpose
    channel: Channel = Channel.MAIL
    episode_contacts: int = 0
    hours: SendingHours | None = None
    ask_hours: bool = True
    latest: datetime | None = None
    wanted_at: datetime | None = None

    @property
    def stream(self) -> Stream:
        return Stream.MARKETING if self.purpose == Purpose.MARKETING else Stream.TRANSACTIONAL


@dataclass(frozen=True, slots=True)
class SuppressionKnown:
    """A suppression of the customer's address."""

    id: int
    scope: SuppressionScope
    reason: SuppressionReason
    source: str
    since: datetime
    expires_at: datetime | None = None
    lifted_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class ConsentKnown:
    """A permission of the customer, or for their address."""

    basis: ConsentBasis
    source: str
    proof: str
    given_at: datetime
    withdrawn_at: datetime | None = None
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What must be in place before any marketing leaves."""

    postal_address: bool = False
    suppressions_known: bool = False  # old ones were imported, or declared to be none


@dataclass(frozen=True, slots=True)
class Standing:
    """One customer. `contacts`: counted ones of the last days, to the customer or to the same address.

    `open_campaigns`: those with an open case of this customer. `as_another`: marketing campaigns that have
    written to the same person under another customer of the provider. `twin_contacts`: contacts made under
    customers with the same card, which count for marketing only, as a card may be shared.
    """

    customer_id: str
    house: House = House()
    deleted: bool = False
    flags: frozenset[Flag] = frozenset()
    closed_channels: frozenset[Channel] = frozenset()
    suppressions: tuple[SuppressionKnown, ...] = ()
    consents: tuple[ConsentKnown, ...] = ()
    open_campaigns: frozenset[Campaign] = frozenset()
    as_another: frozenset[Campaign] = frozenset()
    disputing: bool = False
    contacts: tuple[datetime, ...] = ()
    twin_contacts: tuple[datetime, ...] = ()
    place: Place = field(default_factory=lambda: Place(Zone("UTC", "default"), Language("en", "default")))


class Person(Protocol):
    """What the payment provider knows of a customer: the fields of app/billing's CustomerState that count."""

    @property
    def id(self) -> str: ...

    @property
    def email(self) -> str | None: ...

    @property
    def locale(self) -> str | None: ...

    @property
    def country(self) -> str | None: ...

    @property
    def time_zone(self) -> str | None: ...

    @property
    def deleted(self) -> bool: ...
