"""A second person at the customer is told of an expiring card as well."""

from __future__ import annotations

import pytest

from app.contacts import service
from app.contacts.states import AddresseeRole, SuppressionReason, SuppressionScope
from app.contacts.telling import SecondPerson, Told, tell
from app.core.db import Database
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.test_expiring import payer

pytestmark = pytest.mark.same_on_both

FIN = "fin@example.com"


def with_finance(diary: Diary) -> str:
    customer = payer(diary).customer
    people = {AddresseeRole.FINANCE: SecondPerson(FIN, "Fin", "de")}
    with diary.application.db.write() as session:
        tell(session, customer, Told(addressees=people), who="crm", why=None, now=diary.now)
    return customer


def close(diary: Diary, address: str) -> None:
    with diary.application.db.write() as session:
        scope, reason = SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE
        service.suppress(session, address, scope, reason, "test", diary.now)


def sent(diary: Diary) -> list[tuple[str, str]]:
    return [(m.to_address, m.purpose) for m in diary.mails() if m.state == "sent"]


def test_finance_gets_a_copy_of_each_notice_that_does_not_count(database: Database) -> None:
    """Edge case 53."""
    with open_diary(database, start="2026-05-01T10:00:00") as diary:
        with_finance(diary)
        diary.until("2026-07-01T09:00:00")
        assert sorted(sent(diary)) == [("ada@example.com", "reminder")] * 2 + [(FIN, "copy")] * 2
        (case,) = diary.cases()
        assert case.contacts == 2


def test_a_suppressed_second_person_gets_none(database: Database) -> None:
    with open_diary(database, start="2026-05-01T10:00:00") as diary:
        with_finance(diary)
        close(diary, FIN)
        diary.until("2026-07-01T09:00:00")
        assert sent(diary) == [("ada@example.com", "reminder")] * 2


def test_where_the_customers_address_is_closed_the_second_person_gets_the_notice(database: Database) -> None:
    """Edge case 52."""
    with open_diary(database, start="2026-05-01T10:00:00") as diary:
        with_finance(diary)
        close(diary, "ada@example.com")
        diary.until("2026-07-01T09:00:00")
        assert sent(diary) == [(FIN, "reminder")] * 2
