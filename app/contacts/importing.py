"""Old suppressions and consents out of a CSV file, one row at a time.

Columns, in any order; only `email` is needed in every row:

    email        the address
    scope        all, marketing or winback; by default what the reason calls for
    reason       hard_bounce, soft_bounce, complaint, unsubscribe, objection, operator or other
    at           when it happened; the day of the import if empty
    expires_at   when it ends, for soft bounces
    source       which tool or list it comes from
    consent_at   when a consent was given; with `basis` (consent, soft_opt_in) and `proof`
    wording      the words that were agreed to
    customer_id  the provider's customer, if known

A row with `scope` or `reason` is a suppression, one with `consent_at` a consent; it may be both.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from app.contacts import service
from app.contacts.address import address_hash, normalised
from app.contacts.repository import suppressions_of
from app.contacts.states import ConsentBasis, SuppressionReason, SuppressionScope
from app.core.errors import InvalidInput

Word = TypeVar("Word", bound=StrEnum)

COLUMNS = frozenset(
    "email scope reason at expires_at source consent_at basis proof wording customer_id".split()
)


@dataclass(frozen=True, slots=True)
class OldSuppression:
    scope: SuppressionScope
    reason: SuppressionReason
    at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class OldConsent:
    basis: ConsentBasis
    proof: str
    given_at: datetime
    wording: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One good row. `line`: where it ends in the file."""

    line: int
    address: str
    source: str
    customer_id: str | None
    suppression: OldSuppression | None
    consent: OldConsent | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used; the reason does not repeat the address."""

    line: int
    why: str


@dataclass(slots=True)
class Counts:
    """What became of the rows: new suppressions and consents, and those that were known before."""

    suppressions: int = 0
    consents: int = 0
    known: int = 0


def read(lines: Iterable[str], *, now: datetime) -> Iterator[Entry | Refused]:
    """Each row of the file in turn; raises InvalidInput where the header does not fit."""
    rows = csv.reader(lines, delimiter=",", strict=True)
    header = [name.strip().lower() for name in next(rows, [])]
    unknown = sorted(set(header) - COLUMNS)
    if "email" not in header or unknown or len(set(header)) < len(header):
        wrong = (
            f"unknown columns: {', '.join(unknown)}"
            if unknown
            else "it must name `email`, and each column once"
        )
        raise InvalidInput(f"the first line must name the columns; {wrong}")
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refused(rows.line_num, str(error))
            continue
        if any(cell.strip() for cell in cells):
            yield _entry(header, cells, rows.line_num, now)


def _entry(header: list[str], cells: list[str], line: int, now: datetime) -> Entry | Refused:
    if len(cells) > len(header):
        return Refused(line, f"{len(cells)} cells under {len(header)} columns")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    try:
        suppression, consent = _suppression(values, now), _consent(values, now)
        if suppression is None and consent is None:
            raise InvalidInput("says neither scope or reason nor consent_at")
        return Entry(
            line=line,
            address=normalised(values.get("email", "")),
            source=values.get("source", "import"),
            customer_id=values.get("customer_id"),
            suppression=suppression,
            consent=consent,
        )
    except InvalidInput as error:
        return Refused(line, str(error))


def _suppression(values: Mapping[str, str], now: datetime) -> OldSuppression | None:
    if "scope" not in values and "reason" not in values:
        return None
    reason = _member(SuppressionReason, values.get("reason", SuppressionReason.OTHER), "reason")
    dead = reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCE)
    usual = SuppressionScope.ALL if dead else SuppressionScope.MARKETING
    scope = _member(SuppressionScope, values.get("scope", usual), "scope")
    return OldSuppression(scope, reason, _past(values, "at", now) or now, _instant(values, "expires_at"))


def _consent(values: Mapping[str, str], now: datetime) -> OldConsent | None:
    given_at = _past(values, "consent_at", now)
    if given_at is None:
        if "basis" in values or "proof" in values:
            raise InvalidInput("a consent needs consent_at")
        return None
    proof = values.get("proof", "")
    if not 0 < len(proof) <= service.PROOF_LIMIT:
        raise InvalidInput(f"proof: a consent needs a proof of at most {service.PROOF_LIMIT} characters")
    basis = _member(ConsentBasis, values.get("basis", ConsentBasis.CONSENT), "basis")
    return OldConsent(basis, proof, given_at, values.get("wording"))


def _member(kind: type[Word], value: str, name: str) -> Word:
    try:
        return kind(value.lower())
    except ValueError as error:
        raise InvalidInput(f"{name}: {value!r} is none of {', '.join(kind)}") from error


def _past(values: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    found = _instant(values, name)
    if found is not None and found > now:
        raise InvalidInput(f"{name}: lies in the future")
    return found


def _instant(values: Mapping[str, str], name: str) -> datetime | None:
    if name not in values:
        return None
    try:
        found = datetime.fromisoformat(values[name])
    except ValueError as error:
        raise InvalidInput(f"{name}: is no date such as 2025-03-01 or 2025-03-01T09:30:00Z") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def store(session: Session, entries: Iterable[Entry], counts: Counts, *, now: datetime) -> None:
    """Write good rows down; what is known already is only counted."""
    batch = list(entries)
    key = service.key_of(session)
    hashes = {e.address: address_hash(key, e.address) for e in batch}
    found = suppressions_of(session, set(hashes.values()))
    known = {(h, row.scope, row.reason) for h, rows in found.items() for row in rows}
    for entry in batch:
        if (old := entry.suppression) is not None:
            told = (hashes[entry.address], old.scope.value, old.reason.value)
            service.suppress_hash(
                session, told[0], old.scope, old.reason, entry.source, old.at, old.expires_at
            )
            counts.known += told in known
            counts.suppressions += told not in known
            known.add(told)
        if (given := entry.consent) is not None:
            row = service.record_consent(
                session,
                basis=given.basis,
                source=entry.source,
                proof=given.proof,
                wording=given.wording,
                given_at=given.given_at,
                customer_id=entry.customer_id,
                address=entry.address,
                now=now,
            )
            counts.consents += row is not None
            counts.known += row is None
