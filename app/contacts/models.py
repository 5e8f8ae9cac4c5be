"""Who may be written to, and who was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.states import AddresseeRole, ConsentBasis, SuppressionReason, SuppressionScope
from app.core.db import Base, BigInt, one_of


class ContactLog(Base):
    """One mail that left, or may have left. `counted`: it weighs in the spacing and the caps of later ones.

    The address is kept as a keyed hash, as two customers of the provider may be one person.
    """

    __tablename__ = "contact_log"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    customer_id: Mapped[str]
    at: Mapped[datetime]
    channel: Mapped[str]
    name: Mapped[str]
    mail_id: Mapped[str]
    counted: Mapped[bool]
    case_id: Mapped[str | None]
    campaign: Mapped[str | None]
    address_hash: Mapped[str | None]

    __table_args__ = (
        Index("ix_contact_log_customer_id_at", "customer_id", "at"),
        Index("ix_contact_log_address_hash_at", "address_hash", "at"),
    )


class Suppression(Base):
    """An address that must not be written to, kept as a keyed hash so that it outlives an erasure."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    address_hash: Mapped[str]
    scope: Mapped[str]
    reason: Mapped[str]
    source: Mapped[str]  # who told: "postmark", "customer", "import", "operator:mira"
    since: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # soft bounces only
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("address_hash", "scope", "reason"),
        one_of("scope", SuppressionScope),
        one_of("reason", SuppressionReason),
    )


class Consent(Base):
    """A permission for marketing with its proof. Of a customer, of an address, or of both."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(unique=True)  # whose, basis and proof: told twice, kept once
    customer_id: Mapped[str | None] = mapped_column(index=True)
    address_hash: Mapped[str | None] = mapped_column(index=True)
    basis: Mapped[str]
    source: Mapped[str]  # "checkout", "api:crm", "import", "preferences"
    proof: Mapped[str]  # what to show if asked: a session's id, a form's address, a document
    wording: Mapped[str | None]  # the words that were agreed to, where they are at hand
    given_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (one_of("basis", ConsentBasis),)


class CustomerFacts(Base):
    """What the merchant tells us of a customer, over the API."""

    __tablename__ = "customer_facts"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    channels: Mapped[dict[str, Any]]  # channel -> false: not by this way
    flags: Mapped[list[Any]]
    usage: Mapped[dict[str, Any]]
    opportunity: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class Addressee(Base):
    """A second person at a customer, who gets the reminders as well."""

    __tablename__ = "addressees"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str | None]
    language: Mapped[str | None]

    __table_args__ = (one_of("role", AddresseeRole),)
