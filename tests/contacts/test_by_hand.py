"""Suppressed and lifted by a person: who and why is an act, and the person's own no takes force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import by_hand, service
from app.contacts.states import SuppressionReason, SuppressionScope
from app.core import gates
from app.core.acts import OperatorAct
from app.core.db import Database
from app.core.errors import Conflict, InvalidInput
from tests.contacts.test_service import ADA, DAY, NOW, suppressions
from tests.privacy.scan import leaks

ALL, MARKETING = SuppressionScope.ALL, SuppressionScope.MARKETING


@contextmanager
def started(database: Database) -> Iterator[Session]:
    with database.write() as session:
        gates.register(session, public_url="https://a.example", provider_key=None, now=NOW)
        yield session


def acts_of(session: Session) -> list[OperatorAct]:
    return list(session.scalars(select(OperatorAct).order_by(OperatorAct.id)))


def test_what_a_person_suppresses_stands_and_names_who_and_why(database: Database) -> None:
    with started(database) as session:
        by_hand.suppress(session, ADA, ALL, who="mira", why="asked by phone", now=NOW)
        (row,) = suppressions(session)
        assert (row.scope, row.reason, row.source) == ("all", "operator", "operator:mira")
        (act,) = acts_of(session)
        assert (act.act, act.who, act.why) == ("contacts.suppress", "mira", "asked by phone")
        assert (act.before, len(act.after["suppressions"])) == ({"suppressions": []}, 1)
    assert leaks(database, [ADA]) == []


def test_it_may_end_by_itself_and_never_without_a_reason(database: Database) -> None:
    with started(database) as session:
        row = by_hand.suppress(session, ADA, MARKETING, who="mira", why="on leave", days=30, now=NOW)
        assert row.expires_at == NOW + 30 * DAY
        for days in (0, 4000):
            with pytest.raises(InvalidInput, match="days"):
                by_hand.suppress(session, ADA, ALL, who="mira", why="x", days=days, now=NOW)
        with pytest.raises(InvalidInput, match="reason"):
            by_hand.suppress(session, ADA, ALL, who="mira", why=" \n", now=NOW)


def test_lifting_lifts_everything_that_stands_and_is_an_act(database: Database) -> None:
    with started(database) as session:
        by_hand.suppress(session, ADA, ALL, who="mira", why="x", now=NOW)
        service.suppress(session, ADA, ALL, SuppressionReason.HARD_BOUNCE, "postmark", NOW)
        rows = by_hand.lift(session, ADA.upper(), who="mira", why="the box is mended", now=NOW + DAY)
        assert [(r.lifted_at, r.lifted_by) for r in rows] == [(NOW + DAY, "operator:mira")] * 2
        assert acts_of(session)[-1].act == "contacts.lift"
        assert len(acts_of(session)[-1].before["suppressions"]) == 2
        with pytest.raises(Conflict, match="nothing stands"):
            by_hand.lift(session, ADA, who="mira", why="again", now=NOW + DAY)


@pytest.mark.parametrize(
    "reason", [SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBE, SuppressionReason.OBJECTION]
)
def test_what_the_person_has_said_goes_only_by_force(database: Database, reason: SuppressionReason) -> None:
    """Edge case 40 of win-back: who complained or unsubscribed stays so."""
    with started(database) as session:
        service.suppress(session, ADA, MARKETING, reason, "postmark", NOW)
        by_hand.suppress(session, ADA, ALL, who="mira", why="x", now=NOW)
        with pytest.raises(Conflict, match=str(reason)):
            by_hand.lift(session, ADA, who="mira", why="they are nice", now=NOW + DAY)
        assert all(r.lifted_at is None for r in suppressions(session))
        assert len(acts_of(session)) == 1

        by_hand.lift(session, ADA, who="mira", why="reported by mistake, see letter 7", force=True, now=NOW)
        assert all(r.lifted_at is not None for r in suppressions(session))
        assert acts_of(session)[-1].after["forced"] is True


def test_an_erasure_stands_for_good(database: Database) -> None:
    with started(database) as session:
        service.suppress(session, ADA, ALL, SuppressionReason.ERASURE, "erasure", NOW)
        with pytest.raises(Conflict, match="erased"):
            by_hand.lift(session, ADA, who="mira", why="x", force=True, now=NOW + timedelta(days=900))
