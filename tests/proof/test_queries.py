"""The daily look finds its rows by an index, however much history there is."""

from __future__ import annotations

import pytest

from app.core import gates
from app.core.db import Database
from app.proof.watch import ProofWatch
from tests.proof.people import crowd
from tests.proof.test_watch import CLOSED
from tests.scenarios.test_queries import listening, plans_of, reads_whole_table


def test_the_daily_look_reads_no_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with database.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=CLOSED)
    crowd(database, False, 40, paid=30)
    crowd(database, True, 10, paid=2)
    with listening(database) as heard:
        ProofWatch(database, lambda: CLOSED).run()
        with database.read() as session:
            ProofWatch(database, lambda: CLOSED).next_due(session, gates.registered(session), CLOSED)
    plans = plans_of(database, heard)
    assert len(plans) > 8
    assert {s: plan for s, plan in plans.items() if reads_whole_table(plan)} == {}
