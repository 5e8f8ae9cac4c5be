"""What a bounce, a complaint and an unsubscription lead to, and that a second telling leads to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.cases.models import Case
from app.contacts import service as contacts
from app.core.db import Database
from app.feedback import service
from app.feedback.facts import MailComplained, MailResubscribed, MailUnsubscribed
from app.outbox.models import Mail, Task
from app.outbox.states import BounceKind
from tests.feedback.factories import (
    ADDRESS,
    ID,
    NOW,
    add,
    add_case,
    bounce,
    in_force,
    mail,
    started,
    tasks,
    told,
)

COMPLAINT = MailComplained(address=ADDRESS, at=NOW, source="resend", provider_id=ID)
LEFT = MailUnsubscribed(address=ADDRESS, at=NOW, source="postmark", message_id="1@acme.example")
BACK = MailResubscribed(address=ADDRESS, at=NOW + timedelta(minutes=5), source="postmark", provider_id=ID)


@pytest.fixture
def db(database: Database) -> Database:
    """One mail of an open case has gone out."""
    started(database)
    add_case(database)
    add(database, mail(case_id="case_1"))
    return database


def test_a_hard_bounce_closes_the_address_and_asks_a_person_once(db: Database) -> None:
    for _ in range(3):
        with db.write() as session:
            service.bounced(session, bounce(), None, now=NOW)
    with db.read() as session:
        found = session.get_one(Mail, "mail_1")
        assert (found.bounced_at, found.bounce_kind) == (NOW, "hard")
        assert in_force(session) == [("all", "hard_bounce")]
        assert tasks(session) == ["no_working_email"]
        assert told(session) == ["mail.bounced"]


def test_two_mails_that_bounce_at_one_address_make_one_task(db: Database) -> None:
    add(db, mail("2", case_id="case_1"))
    with db.write() as session:
        for number in (ID, ID[:-1] + "2"):
            service.bounced(session, bounce(provider_id=number), None, now=NOW)
    with db.read() as session:
        assert tasks(session) == ["no_working_email"]
        assert told(session) == ["mail.bounced", "mail.bounced"]


def test_an_address_that_bounces_again_after_it_was_mended_is_asked_about_again(db: Database) -> None:
    add(db, mail("2"))
    with db.write() as session:
        service.bounced(session, bounce(), None, now=NOW)
        contacts.lift(session, ADDRESS, by="mira", now=NOW, reasons=["hard_bounce"])  # type: ignore[list-item]
    later = NOW + timedelta(days=3)
    with db.write() as session:
        service.bounced(session, bounce(provider_id=ID[:-1] + "2", at=later), None, now=later)
    with db.read() as session:
        assert tasks(session) == ["no_working_email", "no_working_email"]


def test_soft_bounces_count_by_mail_and_rest_the_address_from_the_fourth_on(db: Database) -> None:
    add(db, *(mail(n, created_at=NOW - timedelta(days=int(n))) for n in ("2", "3", "4")))
    for number, expected in (("1", []), ("1", []), ("2", []), ("3", []), ("4", [("all", "soft_bounce")])):
        with db.write() as session:
            service.bounced(session, bounce(BounceKind.SOFT, provider_id=ID[:-1] + number), None, now=NOW)
            session.flush()
            assert in_force(session) == expected
    with db.read() as session:
        assert in_force(session, NOW + timedelta(days=7)) == []
        assert tasks(session) == []


def test_a_soft_bounce_may_turn_hard_but_not_back(db: Database) -> None:
    for kind in (BounceKind.SOFT, BounceKind.HARD, BounceKind.SOFT):
        with db.write() as session:
            service.bounced(session, bounce(kind), None, now=NOW)
    with db.read() as session:
        assert session.get_one(Mail, "mail_1").bounce_kind == "hard"


def test_a_complaint_ends_marketing_holds_the_case_and_asks_a_person(db: Database) -> None:
    for _ in range(2):
        with db.write() as session:
            service.complained(session, COMPLAINT, None, now=NOW)
    with db.read() as session:
        case = session.get_one(Case, "case_1")
        assert (case.state, case.held_reason) == ("held", service.CALLED_SPAM)
        assert in_force(session) == [("marketing", "complaint")]
        assert tasks(session) == ["complaint"]
        assert told(session) == ["mail.complained", "held"]


def test_a_case_that_a_person_has_released_is_not_held_again_by_the_same_complaint(db: Database) -> None:
    with db.write() as session:
        service.complained(session, COMPLAINT, None, now=NOW)
        session.get_one(Case, "case_1").state = "open"
    with db.write() as session:
        service.complained(session, COMPLAINT, None, now=NOW)
        assert session.get_one(Case, "case_1").state == "open"


def test_no_thanks_are_sent_to_whom_has_complained(db: Database) -> None:
    thanks = mail("2", purpose="thank_you", state="queued")
    add(db, thanks)
    with db.write() as session:
        assert service.stop_reason(session, thanks, now=NOW) is None
        service.complained(session, COMPLAINT, None, now=NOW)
        stop = service.stop_reason(session, thanks, now=NOW)
        assert stop is not None
        assert stop.until is None


def test_an_unsubscription_and_its_return_give_the_same_in_any_order(db: Database) -> None:
    later = NOW + timedelta(minutes=10)
    for order in ((LEFT, BACK), (BACK, LEFT), (LEFT, BACK, LEFT)):
        for fact in order:
            with db.write() as session:
                heard = service.unsubscribed if isinstance(fact, MailUnsubscribed) else service.resubscribed
                heard(session, fact, None, now=later)  # type: ignore[arg-type]
        with db.read() as session:
            assert in_force(session) == []
            assert session.get_one(Mail, "mail_1").unsubscribed_at == NOW


def test_a_complaint_is_not_taken_back_by_subscribing_again(db: Database) -> None:
    with db.write() as session:
        service.complained(session, COMPLAINT, None, now=NOW)
        service.resubscribed(session, BACK, None, now=NOW + timedelta(hours=1))
    with db.read() as session:
        assert in_force(session) == [("marketing", "complaint")]


def test_a_mail_is_found_by_its_message_id_and_else_by_its_address(db: Database) -> None:
    nameless = mail("2", provider_id="Ok queued as 7F3A", message_id=None)
    add(db, nameless)
    with db.write() as session:
        service.bounced(session, bounce(provider_id=None, message_id="1@acme.example"), None, now=NOW)
        service.bounced(
            session, bounce(provider_id="56761188-7520-42d8-of-smtp", address=ADDRESS.upper()), None, now=NOW
        )
    with db.read() as session:
        assert session.get_one(Mail, "mail_1").bounced_at == NOW
        assert session.get_one(Mail, "mail_2").bounced_at == NOW


def test_a_mail_of_somebody_else_at_the_same_provider_marks_none_of_ours(db: Database) -> None:
    """Its address is closed all the same: it takes no mail, whoever writes."""
    with db.write() as session:
        service.bounced(session, bounce(provider_id="re_of_another_program"), None, now=NOW)
    with db.read() as session:
        assert session.get_one(Mail, "mail_1").bounced_at is None
        assert in_force(session) == [("all", "hard_bounce")]
        assert tasks(session) == []


def test_what_is_no_address_is_passed_over(db: Database) -> None:
    with db.write() as session:
        for fact in (bounce(provider_id="x", address="a b@"), bounce(provider_id="x", address="@")):
            service.bounced(session, fact, None, now=NOW)
        assert in_force(session) == []


def test_a_task_holds_no_address(db: Database) -> None:
    with db.write() as session:
        service.bounced(session, bounce(), None, now=NOW)
        service.complained(session, COMPLAINT, None, now=NOW)
    with db.read() as session:
        for task in session.query(Task):
            assert ADDRESS not in f"{task.key} {task.title} {task.detail}"
