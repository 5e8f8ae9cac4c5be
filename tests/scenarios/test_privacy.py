"""A person asks what we hold, and asks to be forgotten: nothing that was theirs is found afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from app.contacts import service as contacts
from app.contacts.models import Consent, Suppression
from app.contacts.states import AddresseeRole, ConsentBasis, Flag
from app.contacts.telling import SecondPerson, Told, tell
from app.core.acts import OperatorAct
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.dunning.models import DunningInvoice
from app.feedback import service as feedback
from app.feedback.facts import MailBounced
from app.inbound import repository as inbound
from app.inbound.models import InboundEvent
from app.inbound.states import Source
from app.outbox.service import open_task
from app.outbox.states import BounceKind
from app.privacy import door
from app.privacy.export import export
from app.privacy.service import Erased, erase
from sandbox.building import Subscriber
from tests.privacy.scan import leaks
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.test_card_page import link_in_newest_mail, press_the_button

pytestmark = pytest.mark.same_on_both

ADDRESS, NAME, PHONE = "ada.planted@example.com", "Ada Plantington", "+49 170 5550199"
WORDS = (ADDRESS, "Plantington", "5550199", "fin.planted@example.com", "Fin Plantagenet", "planted-secret")


def forget(diary: Diary, someone: Subscriber, why: str | None = None) -> Erased:
    application = diary.application
    return erase(
        application.db, someone.customer, vault=application.vault, who="mira", why=why, now=diary.now
    )


@contextmanager
def whole_story(database: Database) -> Iterator[tuple[Diary, Subscriber, set[str]]]:
    """A failed card, reminders, the card page, facts, consent, tasks, a bounce; and what was planted."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", email=ADDRESS, name=NAME)
        diary.merchant.customers.update(ada.customer, {"phone": PHONE, "description": "planted-secret words"})
        _tell(diary, ada)
        diary.until("2026-04-02T10:00:00")
        press_the_button(diary, link_in_newest_mail(diary))
        _more(diary, ada)
        diary.until("2026-04-06T10:00:00")
        invoice = diary.newest_invoice(ada)
        ids = {ada.customer, ada.subscription, ada.payment_method, invoice}
        hidden = diary.sandbox.state.hidden.intent_of_invoice.get(invoice)
        yield diary, ada, {*WORDS, *ids, *({hidden} if hidden else ())}


def _tell(diary: Diary, ada: Subscriber) -> None:
    people = {AddresseeRole.FINANCE: SecondPerson("fin.planted@example.com", "Fin Plantagenet")}
    with diary.application.db.write() as session:
        told = Told(addressees=people, usage={"note": "planted-secret usage"}, opportunity={"owner": NAME})
        tell(session, ada.customer, told, who="crm", why="planted-secret reason", now=diary.now)
        contacts.record_consent(
            session, basis=ConsentBasis.CONSENT, source="api:crm", proof=f"form of {ADDRESS}, {ada.customer}",
            wording=f"I, {NAME}, agree", given_at=diary.now, now=diary.now, customer_id=ada.customer, address=ADDRESS,
        )  # fmt: skip
    with diary.application.db.write() as session:
        contacts.record_consent(
            session, basis=ConsentBasis.SOFT_OPT_IN, source="import", proof="bought in a shop", given_at=diary.now,
            now=diary.now, address=ADDRESS,
        )  # fmt: skip


def _more(diary: Diary, ada: Subscriber) -> None:
    case_id = diary.case().id
    with diary.application.db.write() as session:
        open_task(
            session, key=f"api:{ada.customer}:planted-secret", kind="call", title=f"Call {NAME}",
            detail=f"on {PHONE}", customer_id=ada.customer, now=diary.now,
        )  # fmt: skip
        open_task(
            session, key=f"x:{case_id}", kind="call", title=NAME, detail="planted-secret", case_id=case_id,
            now=diary.now,
        )  # fmt: skip
        fact = MailBounced(
            address=ADDRESS, at=diary.now, source="postmark", kind=BounceKind.SOFT, detail=f"{NAME} full"
        )
        feedback.bounced(session, fact, None, now=diary.now)


def test_after_an_erasure_no_table_holds_anything_of_the_person(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        before = leaks(database, planted)
        assert {table for table, _, _ in before} >= {
            "customers", "payment_methods", "subscriptions", "invoices", "dunning_invoices", "cases", "mails",
            "card_sessions", "tasks", "consents", "customer_facts", "addressees", "contact_log", "operator_acts",
            "inbound_events", "timeline", "payments", "decisions",
        }  # fmt: skip
        done = forget(diary, ada, why=f"{NAME} wrote from {ADDRESS}")
        assert leaks(database, planted) == []
        assert done.pseudonym
        assert leaks(database, [done.pseudonym]) != []


def test_amounts_and_dates_stay_for_the_figures_and_the_case_is_stopped(database: Database) -> None:
    with whole_story(database) as (diary, ada, _):
        with diary.application.db.read() as session:
            before = session.execute(select(DunningInvoice.at_risk_minor, DunningInvoice.failed_at)).all()
        done = forget(diary, ada)
        with diary.application.db.read() as session:
            rows = session.scalars(select(DunningInvoice)).all()
            assert [(r.at_risk_minor, r.failed_at) for r in rows] == [tuple(b) for b in before]
            assert {r.customer_id for r in rows} == {done.pseudonym}
            act = session.scalars(select(OperatorAct).where(OperatorAct.act == "person.erase")).one()
            assert (act.who, act.subject) == ("mira", done.pseudonym)
        assert (diary.case().state, diary.case().outcome) == ("closed", "stopped")


def test_nothing_comes_back_with_later_events_and_no_mail_goes_out(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        sent = len(diary.mailbox.mails)
        forget(diary, ada)
        diary.merchant.customers.update(ada.customer, {"name": f"{NAME} II"})
        diary.until("2026-06-05T10:00:00")  # two more renewals fail, with all their retries
        diary.application.upkeep.backfill()
        diary.application.upkeep.reconcile()
        diary.tick()
        assert leaks(database, planted) == []
        assert len(diary.mailbox.mails) == sent
        with diary.application.db.read() as session:
            states = dict(
                session.execute(select(InboundEvent.state, func.count()).group_by(InboundEvent.state)).all()
            )
            assert set(states) <= {"ignored"}
            assert states["ignored"] > 5


def test_an_event_that_waits_when_the_erasure_comes_is_gone_with_the_rest(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        diary.worker_down = True
        diary.merchant.customers.update(ada.customer, {"description": "planted-secret, waiting"})
        forget(diary, ada)
        diary.worker_down = False
        diary.tick()
        assert leaks(database, planted) == []


def test_whoever_is_erased_while_a_batch_is_applied_is_found_out_once_their_row_is_held(
    database: Database,
) -> None:
    """The batch fails, is applied again event by event, and the person's events are turned away."""
    with whole_story(database) as (diary, ada, planted):
        forget(diary, ada)
        turn_away, seen = door.turn_away, []

        def too_early(*args: Any, **more: Any) -> set[int]:
            seen.append(len(args[1]))
            return set() if len(seen) == 1 else turn_away(*args, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(door, "turn_away", too_early)
            diary.merchant.customers.update(ada.customer, {"description": "planted-secret, once more"})
            diary.tick()
        assert len(seen) == 2
        assert leaks(database, planted) == []


def test_a_late_callback_of_a_mail_provider_about_the_address_is_emptied(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        forget(diary, ada)
        body = {
            "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 42, "Email": ADDRESS,
            "BouncedAt": "2026-04-06T09:00:00Z", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "MessageStream": "outbound", "Description": "planted-secret",
        }  # fmt: skip
        with diary.application.db.write() as session:
            inbound.store(
                session, source=Source.POSTMARK, event_id="bounce_42", type="Bounce", created_at=diary.now,
                now=diary.now, body=json.dumps(body).encode(),
            )  # fmt: skip
        diary.tick()
        assert leaks(database, planted) == []
        assert [t for t in diary.tasks() if t.kind == "no_working_email"] == []


def test_a_new_customer_with_the_address_is_not_written_to(database: Database) -> None:
    with whole_story(database) as (diary, ada, _):
        forget(diary, ada)
        sent = len(diary.mailbox.mails)
        diary.sandbox.decline(
            diary.subscriber(email=ADDRESS.upper(), start="2026-03-10T10:00:00").payment_method, "lost_card"
        )
        diary.until("2026-04-12T10:00:00")
        assert len(diary.mailbox.mails) == sent
        with diary.application.db.read() as session:
            rows = session.scalars(select(Suppression).where(Suppression.reason == "erasure")).all()
            assert [(r.scope, r.lifted_at) for r in rows] == [("all", None)]


def test_erasing_twice_does_nothing_and_says_so(database: Database) -> None:
    with whole_story(database) as (diary, ada, _):
        first = forget(diary, ada)
        diary.days(1)
        second = forget(diary, ada)
        assert (first.again, second.again, second.at, second.rows) == (False, True, first.at, {})
        with diary.application.db.read() as session:
            acts = select(func.count()).where(OperatorAct.act == "person.erase")
            assert session.scalar(acts) == 1


def test_the_proof_of_a_consent_stays_under_the_pseudonym_and_gives_no_permission(database: Database) -> None:
    with whole_story(database) as (diary, ada, _):
        done = forget(diary, ada)
        with diary.application.db.read() as session:
            rows = session.scalars(select(Consent).order_by(Consent.id)).all()
        assert [(r.customer_id, r.basis) for r in rows] == [
            (done.pseudonym, "consent"), (None, "soft_opt_in"),
        ]  # fmt: skip
        assert rows[0].proof == f"form of erased, {done.pseudonym}"
        assert rows[0].wording == "I, erased, agree"
        assert all(r.withdrawn_at for r in rows)


def test_somebody_else_loses_nothing(database: Database) -> None:
    with whole_story(database) as (diary, ada, _):
        eve = diary.subscriber(email="eve@example.com", name="Eve Else", start="2026-03-10T10:00:00")
        diary.sandbox.decline(eve.payment_method, "lost_card")
        diary.until("2026-04-12T10:00:00")
        words = ["eve@example.com", "Eve Else", eve.customer, eve.subscription]
        before = leaks(database, words)
        told = export(diary.application.db, diary.application.clock, eve.customer)
        forget(diary, ada)
        assert leaks(database, words) == before
        assert export(diary.application.db, diary.application.clock, eve.customer) == told


def test_everything_planted_is_in_the_export_and_it_can_be_read(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        told = export(diary.application.db, diary.application.clock, ada.customer)
        text = json.dumps(told, ensure_ascii=False)
        assert [word for word in planted if word not in text] == []
        mail = told["held"]["mails"][0]
        assert "29.00" in mail["text"]
        assert mail["subject"]
        assert {e["type"] for e in told["events"]} >= {"invoice.payment_failed", "reclaim.mail.settled"}
        assert told["held"]["consents"][1]["customer_id"] is None  # found by the address alone


def test_under_a_legal_hold_nothing_is_erased(database: Database) -> None:
    with whole_story(database) as (diary, ada, planted):
        with diary.application.db.write() as session:
            tell(session, ada.customer, Told(flags={Flag.LEGAL_HOLD: True}), who="x", why=None, now=diary.now)
        before = leaks(database, planted)
        with pytest.raises(Conflict, match="legal hold"):
            forget(diary, ada)
        assert leaks(database, planted) == before


def test_of_an_unknown_customer_there_is_nothing(database: Database) -> None:
    with open_diary(database) as diary:
        vault = diary.application.vault
        with pytest.raises(NotFound):
            erase(diary.application.db, "cus_nobody", vault=vault, who="mira", why=None, now=diary.now)
        with pytest.raises(NotFound):
            export(diary.application.db, diary.application.clock, "cus_nobody")
