"""A year of a small business in a database: about sixty cases, two currencies, every state. Plain models."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Subscription
from app.campaigns import repository as campaigns
from app.cancellation import repository
from app.cancellation.models import CancelVisit
from app.cases.models import CardSession, Case, Step, TimelineEntry
from app.core import auth, gates
from app.core.auth import Scope
from app.core.db import Base, Database
from app.core.gates import Pause
from app.dunning.models import DunningInvoice
from app.dunning.rules.policy import DunningPolicy
from app.hooks.models import HookEndpoint
from app.inbound.models import InboundConflict, InboundEvent
from app.outbox.models import Action, Mail, Task
from app.outbox.ports import Letter
from app.outbox.render import build_mime
from tests.rollups import keep

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NAMES = (
    "Amara Okafor|Jonas Weber|Priya Raman|Lucía Fernández|Noah Berg|Mei Tanaka|Elif Yılmaz|Tom Baker|Zoë Martin"
    "|Ivan Petrov|Sofia Rossi|Björn Ek|Chloé Dubois|Samir Haddad|Ana Souza"
).split("|")
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", None]
CLASSES = ["hard", "card_data", "action", "soft_funds", "soft_funds", "soft_generic", "technical"]
KEYS = {
    Scope.READ: "rk_read_0123456789abcdef",
    Scope.OPERATE: "rk_operate_0123456789abcdef",
    Scope.ADMIN: "rk_admin_0123456789abcdef",
}
REVOKED = "rk_revoked_0123456789abcdef"
HTML = (
    '<!doctype html><html><body style="margin:0;background:#f4f4f5;font-family:sans-serif">'
    '<div style="max-width:520px;margin:24px auto;padding:24px;background:#fff;border-radius:8px"><h1 '
    'style="font-size:20px">Your payment did not go through</h1><p>Your card ending in 4242 was declined. '
    'Nothing has changed yet.</p><p><a href="https://pay.example/card" style="background:#2456d6;color:#fff;'
    'padding:10px 16px;border-radius:6px;text-decoration:none">Update the card</a></p></div></body></html>'
)


def add_keys(session: Session) -> None:
    """One key of each scope, and a revoked one."""
    for scope, secret in KEYS.items():
        auth.add_key(session, f"{scope}-key", scope, now=NOW, secret=secret)
    auth.add_key(session, "revoked-key", Scope.ADMIN, now=NOW, secret=REVOKED)
    auth.revoke_key(session, "revoked-key", now=NOW)


_MADE: dict[tuple[str, int], list[tuple[Table, list[dict[str, Any]]]]] = {}
"""Rows by table, by engine and number of cases: to make them takes ten times as long as to write them."""


def fill(db: Database, *, cases: int = 60) -> None:
    """A lively database as of NOW; the same every time."""
    key = (db.engine.name, cases)
    with db.read() as session:
        alone = session.scalar(select(Customer.id).limit(1)) is None
    if key not in _MADE or not alone:
        _make(db, cases)
        if not alone:
            return
        _MADE[key] = _rows(db)
        return
    with db.write() as session:
        for table, rows in _MADE[key]:
            session.execute(table.insert(), rows)


def _rows(db: Database) -> list[tuple[Table, list[dict[str, Any]]]]:
    with db.look() as connection:
        found = [
            (t, [dict(r._mapping) for r in connection.execute(t.select())])
            for t in Base.metadata.sorted_tables
        ]
    return [(table, rows) for table, rows in found if rows]


def _make(db: Database, cases: int) -> None:
    dice = random.Random(7)
    with db.write() as session:
        add_keys(session)
        gates.register(session, public_url="http://testserver", provider_key=None, now=NOW)
        version = campaigns.remember(
            session, "dunning", DunningPolicy().model_dump(mode="json"), now=NOW - timedelta(days=360)
        )
        for number in range(cases):
            _case(session, number, cases, version, dice)
        _events(session)
        _tasks(session)
        _visit(session)
        # Where nothing may be sent, so that a test of it stays within this machine.
        session.add(
            HookEndpoint(id="hook_0000", url="https://127.0.0.1/", secret=b"", events=[], created_at=NOW)
        )
        gates.pause(session, Pause.CAMPAIGNS, "quiet weekend", now=NOW - timedelta(hours=2))
    keep(db)


def _case(session: Session, number: int, count: int, version: str, dice: random.Random) -> None:
    age = 352 - number * 352 / count if number < count - 9 else dice.uniform(0.3, 9)
    failed_at = NOW - timedelta(days=age)
    currency = "usd" if number % 3 else "eur"
    amount = dice.choice([1900, 2900, 4900, 9900])
    ending = _ending(number, count, dice)
    contacts = 0 if ending == "silent" else dice.choice([1, 1, 2, 3])
    if age < 1:
        contacts = 0
    paid_at = failed_at + timedelta(days=1 + 3 * contacts, hours=5)
    closed_at = None if ending in ("open", "held") else paid_at
    customer = customer_row(session, number, currency, ending)
    case = Case(
        id=f"case_{number:04}",
        kind="dunning",
        customer_id=customer.id,
        state={"open": "open", "held": "held"}.get(ending, "closed"),
        outcome={"silent": "recovered", "refunded": "recovered", "late": "lost"}.get(ending, ending)
        if closed_at
        else None,
        category=dice.choice(CLASSES),
        opened_at=failed_at,
        closed_at=closed_at,
        held_reason="waits for our answer (by ops)" if ending == "held" else None,
        policy_version=version,
        plan_number=1,
        contacts=contacts,
        first_contact_at=failed_at + timedelta(days=1) if contacts else None,
        experiment_arm="treatment",
        propensity=1.0,
        link_epoch=0,
        details={},
    )
    session.add(case)
    session.flush()
    debt_row(session, case, number, currency, amount, ending, paid_at)
    _story(session, case, number, contacts, closed_at)


def _ending(number: int, count: int, dice: random.Random) -> str:
    if number >= count - 9:
        return "held" if number == count - 1 else "open"
    kinds = ["recovered"] * 5 + ["silent"] * 2 + ["lost"] * 2 + ["late", "cancelled", "refunded"]
    return dice.choice(kinds)


def _visit(session: Session) -> None:
    """A screen of the cancel page, which says what a stranger typed."""
    visit = CancelVisit(
        id="visit_0000",
        case_id="case_0059",
        number=1,
        customer_id="cus_0059",
        subscription_id="sub_0059",
        entry="page",
        preset="STRICT",
        preset_version=1,
        place_source="unknown",
        locale="en",
        screen="offer",
        refused={"yearly": ["not for this billing interval"]},
        started_at=NOW,
    )
    session.add(visit)
    session.flush()
    content = "<!doctype html><h1>Half the price</h1><script>alert(1)</script>"
    screen = repository.record_screen(session, visit, content, now=NOW)
    screen.id = "screen_0000"


def customer_row(session: Session, number: int, currency: str, ending: str = "open") -> Customer:
    """A customer with one subscription."""
    name = NAMES[number % len(NAMES)]
    customer = Customer(
        id=f"cus_{number:04}",
        seen_at=NOW,
        seen_live=False,
        name=name,
        email=f"{name.split()[0].lower()}{number}@example.com",
        time_zone=ZONES[number % len(ZONES)],
        locale="en",
        currency=currency,
        delinquent=ending in ("open", "held"),
        deleted=False,
    )
    status = {"open": "past_due", "held": "past_due", "lost": "canceled", "cancelled": "canceled"}
    session.add(customer)
    session.add(
        Subscription(
            id=f"sub_{number:04}",
            seen_at=NOW,
            seen_live=False,
            customer_id=customer.id,
            status=status.get(ending, "active"),
            paused_collection=False,
            forces_three_d_secure=False,
        )
    )
    return customer


def debt_row(
    session: Session, case: Case, number: int, currency: str, amount: int, ending: str, paid_at: datetime
) -> DunningInvoice:
    """The late invoice of a case, and the provider's."""
    paid = ending in ("recovered", "silent", "late", "refunded")
    result = {"open": None, "held": None, "silent": "paid", "recovered": "paid", "refunded": "paid"}
    row = DunningInvoice(
        invoice_id=f"in_{number:04}",
        case_id=case.id,
        customer_id=case.customer_id,
        currency=currency,
        at_risk_minor=amount,
        failed_at=case.opened_at,
        first_after_trial=number % 17 == 5,
        result=result.get(ending, "lost" if ending == "late" else ending),
        settled_at=case.closed_at,
        paid_minor=amount if paid else 0,
        paid_at=(paid_at + timedelta(days=20) if ending == "late" else paid_at) if paid else None,
        returned_minor=amount if ending == "refunded" else 0,
    )
    session.add(row)
    session.add(
        Invoice(
            id=row.invoice_id,
            seen_at=NOW,
            seen_live=False,
            customer_id=case.customer_id,
            subscription_id=f"sub_{number:04}",
            status="paid" if paid else "open",
            currency=currency,
            amount_due_minor=amount,
            amount_paid_minor=amount if paid else 0,
            amount_remaining_minor=0 if paid else amount,
            attempt_count=2,
            paid_out_of_band=False,
            number=f"INV-{2000 + number}",
            label="Team plan",
            needs_action=False,
            refunded_minor=row.returned_minor,
        )
    )
    return row


def _story(session: Session, case: Case, number: int, contacts: int, closed_at: datetime | None) -> None:
    def note(at: datetime, code: str, sentence: str) -> None:
        session.add(TimelineEntry(case_id=case.id, at=at, code=code, sentence=sentence, data={}))

    opened = case.opened_at
    note(opened, "opened", f"Invoice INV-{2000 + number} for Team plan failed: decline code generic_decline.")
    note(
        opened,
        "planned",
        f"Planned as {case.category.replace('_', ' ')} (first plan); mails due at 9:00 where they live.",
    )
    for step in range(4):
        due_at = opened + timedelta(days=1 + 3 * step)
        done = step < contacts
        state = "done" if done else "skipped" if closed_at else "planned"
        reason = None if state != "skipped" else f"the case is closed: {case.outcome}"
        row = Step(
            id=f"step_{number:04}_{step}",
            case_id=case.id,
            key=f"1:{step}",
            kind="mail" if step < 3 else "give_up",
            number=step,
            stage=["first", "reminder", "last_warning", None][step],
            state=state,
            due_at=due_at,
            planned_at=opened,
            decided_at=due_at if done else closed_at,
            reason=reason,
        )
        session.add(row)
        if done and step < 3:
            mail_row(session, case, row, due_at)
            note(due_at, "mail.sent", "Mail payment_failed_retrying was handed over.")
    if case.state == "held":
        note(NOW, "held", f"The case is held: {case.held_reason}. Nothing is sent until it is released.")
        _card_page(session, case)
    if closed_at:
        note(closed_at, f"closed.{case.outcome}", f"The case ended: {case.outcome}.")


def mail_row(session: Session, case: Case, step: Step, at: datetime, **changes: Any) -> Mail:
    """A mail that went."""
    letter = Letter(
        message_id=f"<{step.id}@reclaim.example>",
        sender="Acme <billing@acme.example>",
        to="customer@example.com",
        subject="Your payment did not go through",
        text="Hello,\n\nyour card ending in 4242 was declined.\nNothing has changed yet.\n\nAcme",
        html=HTML,
    )
    values: dict[str, Any] = {
        "id": f"mail_{step.id}",
        "key": f"{case.id}:{step.key}:mail",
        "case_id": case.id,
        "customer_id": case.customer_id,
        "name": "payment_failed_retrying",
        "due_at": at,
        "created_at": at,
        "settled_at": at,
        "state": "sent",
        "purpose": "reminder",
        "context": {},
        "locale": "en",
        "to_address": letter.to,
        "subject": letter.subject,
        "raw": build_mime(letter, sent_at=at),
        "attempts": 1,
    }
    mail = Mail(**{**values, **changes})
    session.add(mail)
    return mail


def _card_page(session: Session, case: Case) -> None:
    session.add(
        CardSession(
            id=f"cs_{case.id}",
            case_id=case.id,
            customer_id=case.customer_id,
            state="declined",
            created_at=NOW,
        )
    )
    session.add(
        Action(
            id=f"act_{case.id}",
            key=f"{case.id}:use",
            case_id=case.id,
            customer_id=case.customer_id,
            name="use_new_card",
            due_at=NOW,
            created_at=NOW,
            state="failed",
            error="Your card has insufficient funds.",
            params={},
            attempts=1,
        )
    )


def _events(session: Session) -> None:
    kinds = ["invoice.payment_failed", "invoice.paid", "customer.subscription.updated", "charge.refunded"]
    states = ["done"] * 20 + ["dead", "ignored", "received"]
    for number, state in enumerate(states):
        session.add(event_row(number, kinds[number % 4], state))
    session.add(InboundConflict(source="stripe", event_id="evt_2", received_at=NOW, body=b"{}"))


def event_row(number: int, kind: str, state: str) -> InboundEvent:
    """One stored event."""
    dead = state == "dead"
    return InboundEvent(
        id=number + 1,
        source="stripe",
        event_id=f"evt_{number:05}",
        type=kind,
        livemode=False,
        object_id=f"in_{number:04}",
        customer_id=f"cus_{number:04}",
        refs=f" in_{number:04} ",
        created_at=NOW - timedelta(hours=30 - number),
        received_at=NOW - timedelta(hours=30 - number),
        body=b"{}",
        state=state,
        attempts=10 if dead else 1,
        next_at=NOW,
        error="ValueError: amount_due is not a number" if dead else None,
    )


def _tasks(session: Session) -> None:
    rows = [
        ("dead_event", "An event could not be processed: charge.refunded", "Mails of case_0051 wait for it."),
        ("mail_unknown", "Nobody knows whether a mail left", "The line broke after the content went over."),
        (
            "payment_alert",
            "Look at a failed payment: fraudulent",
            "The bank suspects fraud. No mail is sent.",
        ),
    ]
    for number, (kind, title, detail) in enumerate(rows):
        session.add(
            Task(
                id=f"task_{number:04}",
                key=f"{kind}:{number}",
                kind=kind,
                case_id="case_0051",
                customer_id="cus_0051",
                title=title,
                detail=detail,
                state="open",
                created_at=NOW - timedelta(hours=5 * number + 1),
            )
        )
    session.add(
        Mail(
            id="mail_unknown",
            key="unknown",
            case_id="case_0051",
            customer_id="cus_0051",
            name="payment_failed_retrying",
            due_at=NOW,
            created_at=NOW,
            settled_at=NOW,
            state="unknown",
            purpose="reminder",
            context={},
            locale="en",
            to_address="tom@example.com",
            attempts=1,
            error="the line broke after the content went over",
        )
    )
