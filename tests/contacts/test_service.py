"""Suppressions and consents: told twice is kept once, and of two words the later counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.contacts import repository, service
from app.contacts.models import Consent, Suppression
from app.contacts.states import ConsentBasis, SuppressionReason, SuppressionScope
from app.core import gates
from app.core.db import Database
from app.core.errors import InvalidInput, NotConfigured

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = "ada@example.com"
MARKETING, ALL = SuppressionScope.MARKETING, SuppressionScope.ALL
UNSUBSCRIBE, COMPLAINT, SOFT = (
    SuppressionReason.UNSUBSCRIBE,
    SuppressionReason.COMPLAINT,
    SuppressionReason.SOFT_BOUNCE,
)


@contextmanager
def started(database: Database) -> Iterator[Session]:
    with database.write() as session:
        gates.register(session, public_url="https://a.example", provider_key=None, now=NOW)
        yield session


def suppressions(session: Session, address: str = ADA) -> list[Suppression]:
    key = service.hashed(session, address)
    return repository.suppressions_of(session, [key])[key] if key else []


def agree(session: Session, at: datetime, proof: str = "form 7", **more: str) -> Consent | None:
    given = {"address": ADA, "customer_id": "cus_1", "source": "api:crm"} | more
    return service.record_consent(
        session, basis=ConsentBasis.CONSENT, proof=proof, given_at=at, now=NOW + 99 * DAY, **given
    )


def test_a_suppression_told_twice_is_kept_once_in_any_spelling(database: Database) -> None:
    with started(database) as session:
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "customer", NOW)
        service.suppress(session, " ADA@Example.com", MARKETING, UNSUBSCRIBE, "postmark", NOW + DAY)
        (row,) = suppressions(session)
        assert (row.source, row.since) == ("customer", NOW)
        assert ADA not in row.address_hash


def test_a_soft_bounce_told_again_lasts_longer_and_begins_anew_once_it_has_expired(
    database: Database,
) -> None:
    with started(database) as session:
        for at, until in ((0, 7), (2, 9), (3, 5)):
            service.suppress(session, ADA, ALL, SOFT, "ses", NOW + at * DAY, NOW + until * DAY)
        (row,) = suppressions(session)
        assert (row.since, row.expires_at) == (NOW, NOW + 9 * DAY)
        service.suppress(session, ADA, ALL, SOFT, "ses", NOW + 20 * DAY, NOW + 27 * DAY)
        assert (row.since, row.expires_at) == (NOW + 20 * DAY, NOW + 27 * DAY)


def test_before_the_first_start_there_is_no_key_and_nothing_is_suppressed(database: Database) -> None:
    with database.write() as session:
        assert service.hashed(session, ADA) is None
        with pytest.raises(NotConfigured):
            service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "customer", NOW)


def test_a_no_ends_the_consents_and_they_stay_as_evidence(database: Database) -> None:
    with started(database) as session:
        consent = agree(session, NOW)
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "customer", NOW + DAY)
        assert consent is not None
        assert consent.withdrawn_at == NOW + DAY


def test_a_newer_consent_lifts_an_unsubscription_but_never_a_complaint_or_a_bounce(
    database: Database,
) -> None:
    with started(database) as session:
        for reason in (UNSUBSCRIBE, COMPLAINT, SuppressionReason.HARD_BOUNCE):
            service.suppress(session, ADA, MARKETING, reason, "postmark", NOW)
        assert agree(session, NOW + DAY) is not None
        lifted = {row.reason: row.lifted_by for row in suppressions(session)}
        assert lifted == {"unsubscribe": "consent: api:crm", "complaint": None, "hard_bounce": None}


@pytest.mark.parametrize("consent_first", [True, False])
@pytest.mark.parametrize("consent_is_newer", [True, False])
def test_of_a_consent_and_an_unsubscription_the_later_counts_whichever_is_told_first(
    database: Database, consent_first: bool, consent_is_newer: bool
) -> None:
    with started(database) as session:
        agreed_at, left_at = (NOW + DAY, NOW) if consent_is_newer else (NOW, NOW + DAY)

        def leave() -> None:
            service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "import", left_at)

        if not consent_first:
            leave()
        consent = agree(session, agreed_at)
        if consent_first:
            leave()
        (row,) = suppressions(session)
        assert consent is not None
        assert (row.lifted_at is not None, consent.withdrawn_at is None) == (consent_is_newer,) * 2


def test_a_soft_opt_in_takes_no_unsubscription_back(database: Database) -> None:
    with started(database) as session:
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "customer", NOW)
        service.record_consent(
            session,
            basis=ConsentBasis.SOFT_OPT_IN,
            source="shop",
            proof="order 9",
            given_at=NOW + DAY,
            address=ADA,
            now=NOW + 2 * DAY,
        )
        assert suppressions(session)[0].lifted_at is None


def test_an_old_list_told_again_does_not_undo_what_came_after_it(database: Database) -> None:
    with started(database) as session:
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "import", NOW)
        assert service.lift(session, ADA, by="operator:mira", now=NOW + DAY) == 1
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "import", NOW)
        assert suppressions(session)[0].lifted_at == NOW + DAY
        service.suppress(session, ADA, MARKETING, UNSUBSCRIBE, "customer", NOW + 2 * DAY)
        assert suppressions(session)[0].lifted_at is None


def test_a_consent_needs_a_proof_a_past_and_an_owner(database: Database) -> None:
    with started(database) as session:
        for wrong in (
            {"proof": " "},
            {"proof": "x" * 301},
            {"given_at": NOW + DAY},
            {"customer_id": None, "address": None},
        ):
            told = {"proof": "p", "given_at": NOW, "customer_id": "cus_1", "address": None} | wrong
            with pytest.raises(InvalidInput):
                service.record_consent(
                    session,
                    basis=ConsentBasis.CONSENT,
                    source="api",
                    now=NOW,
                    **told,  # type: ignore[arg-type]
                )


def test_the_same_proof_is_recorded_once_and_withdrawn_consents_do_not_come_back(database: Database) -> None:
    with started(database) as session:
        assert agree(session, NOW) is not None
        assert service.withdraw(session, now=NOW + DAY, customer_id="cus_1") == 1
        assert agree(session, NOW) is None
        assert repository.consents_of(session, ["cus_1"])[0].withdrawn_at == NOW + DAY
