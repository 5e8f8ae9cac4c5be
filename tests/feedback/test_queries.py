"""Every query about what comes back finds its rows by an index."""

from __future__ import annotations

import pytest

from app.core.db import Database
from app.feedback import brake, repository, service
from app.feedback.facts import MailComplained, MailUnsubscribed
from app.outbox.models import Mail
from app.outbox.states import BounceKind
from tests.feedback.factories import ADDRESS, ID, NOW, add, add_case, bounce, mail, started
from tests.scenarios.test_queries import listening, reads_whole_table

SMALL = ("campaign_brakes",)  # one row a campaign


def test_no_query_reads_a_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    started(database)
    add_case(database)
    add(database, mail(case_id="case_1"))
    with listening(database) as heard, database.write() as session:
        service.bounced(session, bounce(BounceKind.SOFT), None, now=NOW)
        service.bounced(session, bounce(provider_id="unknown"), None, now=NOW)
        told = MailComplained(address=ADDRESS, at=NOW, source="resend", provider_id=ID)
        service.complained(session, told, None, now=NOW)
        gone = MailUnsubscribed(address=ADDRESS, at=NOW, source="resend", message_id="x@acme.example")
        service.unsubscribed(session, gone, None, now=NOW)
        service.stop_reason(session, session.get_one(Mail, "mail_1"), now=NOW)
        brake.check(session, "dunning", now=NOW)
        repository.tallies(session, NOW)
        repository.stopped(session)
    assert len(heard) > 8
    with database.engine.connect() as connection:
        for statement, values in heard.items():
            rows = connection.exec_driver_sql(f"explain query plan {statement}", values)
            plan = [row[3] for row in rows if not any(name in row[3] for name in SMALL)]
            assert not reads_whole_table(plan), (statement, plan)
