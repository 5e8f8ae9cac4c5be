"""Who is written to, from the decline to the mailbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.contacts import service
from app.contacts.models import Consent, ContactLog
from app.contacts.repository import log_mail
from app.contacts.states import AddresseeRole, Flag, SuppressionReason, SuppressionScope
from app.contacts.telling import SecondPerson, Told, tell
from app.core.db import Database
from tests.scenarios.diary import Diary, configured, open_diary

pytestmark = pytest.mark.same_on_both

HARD = "payment_failed_new_method"
ADA = "ada@example.com"


def told(diary: Diary, customer: str, **facts: Any) -> None:
    with diary.application.db.write() as session:
        tell(session, customer, Told(**facts), who="crm", why=None, now=diary.now)


def suppressed(diary: Diary, reason: SuppressionReason, scope: SuppressionScope, address: str = ADA) -> None:
    with diary.application.db.write() as session:
        service.suppress(session, address, scope, reason, "test", diary.now)


def recipients(diary: Diary) -> list[tuple[str, str]]:
    return [(m.to_address, m.purpose) for m in diary.mails() if m.state == "sent"]


@pytest.mark.parametrize(
    "flag", [Flag.VIP, Flag.EXCLUDED, Flag.LEGAL_HOLD, Flag.DECEASED, Flag.DO_NOT_CONTACT]
)
def test_customers_for_a_person_get_no_mail_and_one_task(database: Database, flag: Flag) -> None:
    """Edge case 54."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        told(diary, ada.customer, flags={flag: True})
        diary.until("2026-04-14T10:00:00")
        assert diary.mailbox.mails == []
        assert [t.kind for t in diary.tasks()] == ["contact"]
        assert diary.says("; a person is asked")


def test_a_flag_that_is_set_between_decision_and_wire_still_counts(database: Database) -> None:
    """Checked at send time: the mail waits for the worker while the customer becomes a legal matter."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.worker_down = True
        diary.until("2026-04-01T11:00:00")
        runner = diary.application.runner
        while runner.process_events() or runner.run_steps():
            pass
        assert [m.state for m in diary.mails()] == ["queued"]
        told(diary, ada.customer, flags={Flag.LEGAL_HOLD: True})
        diary.worker_down = False
        diary.until("2026-04-01T11:30:00")
        assert [(m.state, m.error) for m in diary.mails()] == [
            ("cancelled", "the customer is under a legal hold; a person is asked")
        ]


def test_a_dead_address_stops_the_mails_and_a_person_is_asked_once(database: Database) -> None:
    """Edge cases 52, and 40 of win-back: suppressed after the case began."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        suppressed(diary, SuppressionReason.HARD_BOUNCE, SuppressionScope.ALL)
        diary.until("2026-04-20T10:00:00")
        assert diary.sent() == [("04-01", HARD)]
        assert [t.title for t in diary.tasks()].count(
            "A customer is not written to by us, and should hear from a person"
        ) == 1


def test_marketing_suppression_and_complaints_leave_mails_about_a_payment_alone(database: Database) -> None:
    with open_diary(database) as diary:
        suppressed(diary, SuppressionReason.COMPLAINT, SuppressionScope.MARKETING)
        diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        assert diary.sent() == [("04-01", HARD)]


def test_owner_and_finance_get_the_reminder_too_and_count_for_nothing(database: Database) -> None:
    """Edge case 53."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        people = {
            AddresseeRole.FINANCE: SecondPerson("fin@example.com", "Fin Ance"),
            AddresseeRole.OWNER: SecondPerson("own@example.com"),
        }
        told(diary, ada.customer, addressees=people)
        diary.until("2026-04-01T12:00:00")
        assert sorted(recipients(diary)) == [
            (ADA, "reminder"),
            ("fin@example.com", "copy"),
            ("own@example.com", "copy"),
        ]
        assert "Fin" in diary.mails()[1].context["customer"]["name"]
        assert diary.case().contacts == 1
        assert diary.planned() == ["04-04 11:00", "04-08 11:00", "04-12 11:00"]
        diary.until("2026-04-05T12:00:00")
        assert len(diary.mailbox.mails) == 6


def test_where_the_customers_address_is_dead_the_next_person_gets_the_reminder(database: Database) -> None:
    """Edge case 52: another contact is tried."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        told(diary, ada.customer, addressees={AddresseeRole.OWNER: SecondPerson("own@example.com")})
        suppressed(diary, SuppressionReason.HARD_BOUNCE, SuppressionScope.ALL)
        diary.until("2026-04-01T12:00:00")
        assert recipients(diary) == [("own@example.com", "reminder")]
        assert diary.case().contacts == 1


def test_a_capped_step_moves_and_is_not_dropped(database: Database) -> None:
    """Edge case 52 of win-back: three mails of other campaigns this week."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        with diary.application.db.write() as session:
            for day in (27, 28, 29):
                at = datetime(2026, 3, day, 12, tzinfo=UTC)
                log_mail(session, customer_id=ada.customer, mail_id=f"m{day}", at=at, name="x", counted=True)
        diary.until("2026-04-05T10:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == ["04-03 12:00", "04-04 12:00"]
        assert diary.says("one mail in 20 h and 3 in 7 days are enough")


def test_two_customers_with_one_address_share_one_cap(database: Database) -> None:
    """Edge case 42 of win-back: both debts are told of, but not on one day."""
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.failing("lost_card", email="Ada@Example.com")
        diary.until("2026-04-03T10:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails() if m.state == "sent"] == [
            "04-01 11:00",
            "04-02 09:00",
        ]


def test_language_and_zone_that_the_merchant_told_go_before_the_providers(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", metadata={"time_zone": "America/Los_Angeles"})
        told(diary, ada.customer, places={"time_zone": "Asia/Tokyo", "language": "en-AU"})
        diary.until("2026-04-02T10:00:00")
        (mail,) = diary.mails()
        assert f"{mail.settled_at:%m-%d %H:%M}" == "04-02 00:00"
        assert mail.locale == "en-AU"
        assert diary.says("Zone Asia/Tokyo (facts)")


def test_what_was_sent_is_logged_with_campaign_case_and_hashed_address(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        with diary.application.db.read() as session:
            (row,) = session.scalars(select(ContactLog)).all()
            assert (row.campaign, row.case_id) == ("dunning", diary.case().id)
            assert row.address_hash == service.hashed(session, ADA)


def test_a_consent_on_the_providers_checkout_page_is_kept_with_the_session_as_proof(
    database: Database,
) -> None:
    with open_diary(database) as diary:
        ada = diary.subscriber()
        checkout = diary.merchant.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": ada.customer,
                "line_items": [{"price": ada.price, "quantity": 1}],
                "success_url": "https://acme.example/thanks",
                "consent_collection": {"promotions": "auto"},
            }
        )
        assert checkout.url is not None
        httpx.post(checkout.url, data={"number": "4242424242424242", "confirmed": "yes", "promotions": "yes"})
        diary.flush()
        with diary.application.db.read() as session:
            (consent,) = session.scalars(select(Consent)).all()
        assert (consent.customer_id, consent.basis, consent.source) == (ada.customer, "consent", "checkout")
        assert consent.proof == checkout.id


def test_caps_may_be_widened_and_a_plan_that_does_not_fit_them_is_refused() -> None:
    with pytest.raises(ValueError, match="a dunning schedule has 7 mails"):
        configured(schedules={"hard": list(range(7))})
