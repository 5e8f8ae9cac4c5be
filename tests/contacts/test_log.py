from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.contacts.repository import last_counted, log_mail
from app.core.db import Database

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_only_counted_mails_of_the_customer_weigh(database: Database) -> None:
    with database.write() as session:
        for days, customer, counted in ((0, "cus_1", True), (1, "cus_1", False), (2, "cus_2", True)):
            at = NOW + timedelta(days=days)
            log_mail(session, customer_id=customer, mail_id=f"m{at}", at=at, name="m", counted=counted)
        session.flush()
        everybody = ["cus_1", "cus_2", "cus_3"]
        assert last_counted(session, everybody) == {"cus_1": NOW, "cus_2": NOW + timedelta(days=2)}
        assert last_counted(session, everybody, besides=f"m{NOW}") == {"cus_2": NOW + timedelta(days=2)}
