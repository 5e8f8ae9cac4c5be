"""A customer writes back: the case waits for a person, and goes on by itself after its days."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.contacts.states import AddresseeRole
from app.contacts.telling import SecondPerson, Told, tell
from app.core.db import Database
from app.dunning.models import DunningInvoice
from app.feedback.models import MailAnswer
from app.inbound.models import InboundEvent
from app.privacy.retention import sweep
from app.privacy.service import erase
from tests.integrations.mail.callbacks.bodies import LOGIN, postmark_inbound
from tests.privacy.scan import leaks
from tests.scenarios.diary import Diary, open_diary

pytestmark = pytest.mark.same_on_both

DOORS: dict[str, Any] = {"postmark_webhook_logins": LOGIN}


def answer(diary: Diary, answers: str | None = None, **fields: Any) -> None:
    name = fields.pop("MessageID", None) or f"in-{len(answers_kept(diary))}"
    body = postmark_inbound(answers, MessageID=name, **fields)
    headers = {"Authorization": f"Basic {b64encode(LOGIN.encode()).decode()}"}
    assert diary.web.post("/webhooks/mail/postmark", content=body, headers=headers).status_code == 200
    diary.tick()


def answers_kept(diary: Diary) -> list[tuple[str, str]]:
    with diary.application.db.read() as session:
        rows = session.scalars(select(MailAnswer).order_by(MailAnswer.id))
        return [(row.result, row.detail) for row in rows]


def asked(diary: Diary) -> int:
    return [t.kind for t in diary.tasks()].count("answer")


def written_to(diary: Diary) -> str:
    """Ada has got her first mail; its Message-ID."""
    diary.failing("stolen_card")
    diary.until("2026-04-01T12:00:00")
    (mail,) = diary.mails()
    return str(mail.message_id)


def test_an_answer_holds_the_case_for_a_week_and_then_it_goes_on(database: Database) -> None:
    """Edge case 51."""
    with open_diary(database, **DOORS) as diary:
        answer(diary, written_to(diary), From="ada.private@elsewhere.example")
        case = diary.case()
        assert (case.state, case.held_until) == ("held", diary.now + timedelta(days=7))
        assert answers_kept(diary) == [("held", "by the mail that it answers")]
        assert (asked(diary), len(diary.sent())) == (1, 1)

        diary.until("2026-04-08T11:00:00")
        assert (diary.case().state, len(diary.sent())) == ("held", 1)
        diary.until("2026-04-09T12:00:00")
        assert (diary.case().state, diary.case().held_until) == ("open", None)
        diary.until("2026-04-14T12:00:00")
        assert diary.says("the hold has ended (the customer has answered)")
        assert len(diary.sent()) > 1


def test_an_answer_is_known_by_its_sender_where_it_names_no_mail(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        written_to(diary)
        answer(diary, From="Ada Lovelace <ADA@Example.com>")
        assert (diary.case().state, answers_kept(diary)) == ("held", [("held", "by its sender's address")])


def test_more_answers_hold_longer_and_ask_once(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        message_id = written_to(diary)
        answer(diary, message_id)
        diary.days(3)
        answer(diary, message_id)
        assert (diary.case().held_until, asked(diary)) == (diary.now + timedelta(days=7), 1)


def test_the_same_delivery_twice_is_one_answer(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        message_id = written_to(diary)
        for _ in range(2):
            answer(diary, message_id, MessageID="in-once")
        assert len(answers_kept(diary)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"Headers": [{"Name": "Auto-Submitted", "Value": "auto-replied"}]},
        {"Subject": "Out of office: Re: Your payment"},
        {"From": "MAILER-DAEMON@mx.example.com"},
        {"Headers": [{"Name": "Precedence", "Value": "bulk"}]},
    ],
)
def test_automatic_answers_hold_nothing(database: Database, fields: dict[str, Any]) -> None:
    """Edge case 51."""
    with open_diary(database, **DOORS) as diary:
        answer(diary, written_to(diary), **fields)
        assert (diary.case().state, asked(diary)) == ("open", 0)
        assert [result for result, _ in answers_kept(diary)] == ["automatic"]


def test_somebody_nobody_knows_holds_nothing_and_is_counted(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        written_to(diary)
        answer(diary, "<not.ours@elsewhere.example>", From="mallory@elsewhere.example")
        assert (diary.case().state, asked(diary)) == ("open", 0)
        assert answers_kept(diary) == [("unknown", "of nobody we have written to")]
        assert diary.events_by_state() == {"done"}


def test_an_address_of_two_customers_says_not_whose_answer_it_is(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        written_to(diary)
        other = diary.subscriber(start="2026-03-10T10:00:00")
        diary.sandbox.decline(other.payment_method, "lost_card")
        diary.until("2026-04-10T18:00:00")
        assert len({m.customer_id for m in diary.mails() if m.state == "sent"}) == 2
        answer(diary)
        assert [result for result, _ in answers_kept(diary)] == ["ambiguous"]
        assert {c.state for c in diary.cases()} == {"open"}


def test_a_hold_by_hand_does_not_end_because_of_an_answer(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        message_id = written_to(diary)
        diary.hold_case("a lawyer writes")
        answer(diary, message_id)
        assert (diary.case().held_reason, diary.case().held_until) == ("a lawyer writes", None)
        assert (answers_kept(diary)[0][0], asked(diary)) == ("noted", 1)
        diary.until("2026-04-12T12:00:00")
        assert (diary.case().state, len(diary.sent())) == ("held", 1)


def test_the_finance_persons_answer_holds_the_case_as_well(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        ada = diary.failing("stolen_card")
        people = {AddresseeRole.FINANCE: SecondPerson("fin@example.com")}
        with diary.application.db.write() as session:
            tell(session, ada.customer, Told(addressees=people), who="crm", why=None, now=diary.now)
        diary.until("2026-04-01T12:00:00")
        answer(diary, From="fin@example.com")
        assert diary.case().state == "held"


def test_whoever_pays_meanwhile_is_not_held_any_more(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        answer(diary, written_to(diary))
        diary.merchant.invoices.pay(str(_invoice(diary)), {"paid_out_of_band": True})
        diary.tick()
        assert (diary.case().outcome, diary.case().held_until) == ("recovered", None)
        diary.until("2026-04-16T12:00:00")
        assert diary.case().state == "closed"


def test_the_words_go_with_the_raw_event_and_stand_nowhere_else(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        answer(diary, written_to(diary), TextBody="planted-secret", Subject="Re: planted-secret")
        assert {table for table, _, _ in leaks(database, ["planted-secret"])} == {"inbound_events"}
        sweep(diary.application.db, diary.application.config.retention, diary.now + timedelta(days=31))
        assert leaks(database, ["planted-secret"]) == []


def test_an_erased_persons_answer_is_emptied_and_holds_nothing(database: Database) -> None:
    with open_diary(database, **DOORS) as diary:
        message_id = written_to(diary)
        application, customer = diary.application, diary.case().customer_id
        erase(application.db, customer, vault=application.vault, who="mira", why=None, now=diary.now)
        answer(diary, message_id, From="elsewhere@example.org", TextBody="planted-secret")
        answer(diary, MessageID="in-2", TextBody="planted-secret")
        assert leaks(database, ["planted-secret"]) == []
        assert answers_kept(diary) == []
        with application.db.read() as session:
            assert set(session.scalars(select(InboundEvent.state))) == {"ignored"}
            assert [c.state for c in session.scalars(select(Case))] == ["closed"]


def _invoice(diary: Diary) -> str:
    with diary.application.db.read() as session:
        return str(session.scalars(select(DunningInvoice.invoice_id)).one())
