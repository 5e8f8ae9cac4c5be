"""What the worker makes of a declaration: a mail to the address on file, or a task with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import pipeline
from app.billing import repository as billing
from app.billing.live import Live
from app.billing.states import CustomerState, SubscriptionState
from app.cancellation import declarations_desk as desk
from app.cancellation import declarations_due, declarations_mails
from app.cancellation.declarations import Declaration
from app.cancellation.declarations_due import DeclarationWatch
from app.cancellation.declarations_mails import CancelLinks
from app.cancellation.rules.presets import PRESETS
from app.contacts import service as contacts
from app.contacts.rules.policy import Terms
from app.contacts.states import SuppressionReason, SuppressionScope
from app.core import gates
from app.core.db import Database
from app.core.sealing import Sealer
from app.core.waiting import Queues
from app.dunning.rules.policy import DunningPolicy
from app.outbox.models import Mail, Task
from app.outbox.render import MailRenderer
from app.outbox.rendering.samples import SAMPLE_BRAND, SAMPLE_SENDER
from app.privacy import retention
from app.privacy.policy import RetentionPolicy
from app.privacy.restricted import USE, Vault, read
from app.privacy.service import erase

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WAITING = Queues({"declarations": declarations_due.LOOKS})
ANNA = CustomerState(
    "cus_1", NOW, False, email="anna@example.com", name="Anna Keller", country="DE", time_zone="Europe/Berlin"
)
TYPED = {"kind": "ordinary", "name": "A. Stranger", "email": "anna@example.com"}


def contract(key: str = "sub_1", **more: Any) -> SubscriptionState:
    known = SubscriptionState(
        key,
        NOW,
        False,
        customer_id="cus_1",
        status="active",
        created_at=NOW - 90 * DAY,
        items=[{"label": "Pro plan"}],
    )
    return replace(known, **more)


@dataclass
class House:
    """A database with Anna and her contracts, and a worker that sees to declarations."""

    db: Database
    at: datetime = NOW
    terms: Terms = field(default_factory=Terms)

    @property
    def watch(self) -> DeclarationWatch:
        links = CancelLinks(
            lambda *ids: f"https://x.example/cancel/{'.'.join(ids)}",
            lambda *ids: f"https://x.example/not-me/{ids[1]}",
        )
        return DeclarationWatch(self.db, lambda: self.at, self.terms, links)

    def add(self, *rows: Any) -> None:
        with self.db.write() as session:
            for row in rows:
                billing.save(session, [row])

    def declare(self, **changed: str) -> str:
        with self.db.write() as session:
            content = {k: v for k, v in (TYPED | changed).items() if v}
            return desk.receive(session, content, preset=PRESETS["DE"], locale="de", now=self.at).id

    def work(self) -> int:
        with self.db.read() as session:
            if not WAITING.due(session, self.at):
                return 0
        return self.watch.run()

    def all(self, model: Any) -> list[Any]:
        with self.db.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    @property
    def row(self) -> Declaration:
        (found,) = self.all(Declaration)
        return found  # type: ignore[no-any-return]


@pytest.fixture
def house(database: Database) -> House:
    house = House(database)
    with database.write() as session:
        gates.register(session, public_url="https://x.example", provider_key=None, now=NOW)
    house.add(ANNA, contract())
    return house


def test_the_address_on_file_gets_a_link_of_its_contract_and_nothing_is_cancelled(house: House) -> None:
    key = house.declare()
    assert house.work() == 1
    (mail,) = house.all(Mail)
    assert (mail.name, mail.to_address, mail.case_id, mail.due_at) == (
        "cancel_declared",
        "anna@example.com",
        None,
        NOW,
    )
    assert mail.context["contracts"] == [
        {"label": "Pro plan", "cancel_url": "https://x.example/cancel/cus_1.sub_1"}
    ]
    assert mail.context["not_me_url"].endswith(key)
    assert (house.row.state, house.row.customer_id, house.row.subscription_id) == ("asked", "cus_1", "sub_1")
    assert house.row.look_at == NOW + DAY
    assert house.all(Task) == []
    assert house.work() == 0


def test_the_mail_repeats_nothing_that_a_stranger_has_typed(house: House) -> None:
    house.declare(
        name="CLICK evil.example", reason="evil words", kind="extraordinary", contract="evil number"
    )
    house.work()
    (mail,) = house.all(Mail)
    renderer = MailRenderer(SAMPLE_BRAND, sender=SAMPLE_SENDER, reply_to=None, postal_address=None)
    rendered = renderer.render(mail.name, locale="en", context=mail.context)
    for part in (rendered.subject, rendered.text, rendered.html):
        assert "evil" not in part.lower()
    assert "extraordinary" in rendered.text
    assert "Wednesday, June 3, 2026, 12:00" in rendered.text


@pytest.mark.parametrize("typed", ["ANNA@Example.com", " anna@example.com ", "ａnna@example.com"])
def test_an_address_is_found_in_every_spelling(house: House, typed: str) -> None:
    house.declare(email=typed)
    house.work()
    assert [m.to_address for m in house.all(Mail)] == ["anna@example.com"]


@pytest.mark.parametrize("number", ["sub_1", "cus_1"])
def test_a_contracts_number_leads_to_the_address_on_file_and_never_to_the_typed_one(
    house: House, number: str
) -> None:
    house.declare(email="stranger@elsewhere.example", contract=number)
    house.work()
    assert [m.to_address for m in house.all(Mail)] == ["anna@example.com"]


def test_of_several_contracts_each_has_its_link_unless_one_was_named(house: House) -> None:
    house.add(contract("sub_2", created_at=NOW - DAY), contract("sub_old", status="canceled"))
    house.declare()
    house.work()
    (mail,) = house.all(Mail)
    assert [c["cancel_url"][-5:] for c in mail.context["contracts"]] == ["sub_2", "sub_1"]
    assert house.row.subscription_id is None
    house.declare(contract="sub_1")
    house.work()
    assert len(house.all(Mail)[1].context["contracts"]) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda h: h.declare(email="nobody@nowhere.example"),
        lambda h: (h.add(replace(ANNA, seen_at=NOW + DAY, deleted=True)), h.declare()),
        lambda h: (h.add(contract(status="canceled")), h.declare()),
        lambda h: (h.add(replace(ANNA, email=None)), h.declare(contract="sub_1")),
        lambda h: h.declare(email="not an address"),
    ],
)
def test_what_leads_to_nobody_is_a_task_with_a_deadline_at_once(
    house: House, spoil: Callable[[House], Any]
) -> None:
    spoil(house)
    house.work()
    (task,) = house.all(Task)
    assert (task.kind, task.due_at) == ("declared_cancellation", NOW + 2 * DAY)
    assert "A. Stranger" in task.detail
    assert house.all(Mail) == []
    assert (house.row.state, house.row.look_at, house.row.settled_at) == ("task", None, NOW)


def test_unanswered_for_a_day_it_is_a_task(house: House) -> None:
    house.declare()
    house.work()
    with house.db.read() as session:
        assert WAITING.next_due(session, NOW) == NOW + DAY
    house.at = NOW + DAY - timedelta(seconds=1)
    assert house.work() == 0
    house.at = NOW + DAY
    assert house.work() == 1
    (task,) = house.all(Task)
    assert (task.customer_id, task.due_at) == ("cus_1", NOW + 3 * DAY)
    assert house.row.state == "task"
    assert house.work() == 0


@pytest.mark.parametrize(
    ("whose", "which", "settled"), [("cus_1", "sub_1", 1), ("cus_1", "sub_9", 0), ("cus_9", "sub_1", 0)]
)
def test_a_cancellation_by_the_link_settles_it(house: House, whose: str, which: str, settled: int) -> None:
    house.declare()
    house.work()
    with house.db.write() as session:
        assert desk.confirm(session, whose, which, now=NOW) == settled
    house.at = NOW + DAY
    house.work()
    assert house.row.state == ("confirmed" if settled else "task")
    assert len(house.all(Task)) == 1 - settled


def test_a_stranger_cannot_fill_a_mailbox(house: House) -> None:
    for n in range(6):
        house.declare(name=f"Stranger {n}")
    house.work()
    assert len(house.all(Mail)) == declarations_due.MOST_MAILS
    assert {row.state for row in house.all(Declaration)} == {"asked"}


def test_one_that_raises_does_not_hold_up_the_others(house: House) -> None:
    bad, good = house.declare(name="bad"), house.declare(name="good")
    with house.db.write() as session:
        session.get_one(Declaration, bad).content = {"kind": "ordinary", "email": ["no text"]}
    house.work()
    states = {row.id: (row.state, row.look_at) for row in house.all(Declaration)}
    assert states[bad] == ("received", NOW + declarations_due.SET_ASIDE)
    assert states[good][0] == "asked"


def test_the_mail_passes_the_guard_without_a_case_unless_the_address_is_dead(house: House) -> None:
    house.declare()
    house.work()
    setup = pipeline.Setup(DunningPolicy(), house.terms, lambda _: "")
    with house.db.write() as session:
        mail = session.scalars(select(Mail)).one()
        assert pipeline.stop_reason(session, mail, setup, Live(), now=NOW) is None
        mail.name = "payment_failed"
        gone = pipeline.stop_reason(session, mail, setup, Live(), now=NOW)
        assert gone is not None
        assert gone.reason == "its case is gone"
        mail.name = declarations_mails.DECLARED
        contacts.suppress(
            session, ANNA.email or "", SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE, "x", NOW
        )
        assert pipeline.stop_reason(session, mail, setup, Live(), now=NOW) is not None


def test_declarations_are_kept_for_three_years(house: House) -> None:
    house.declare(email="nobody@nowhere.example")
    house.work()
    policy = RetentionPolicy()
    assert retention.sweep(house.db, policy, NOW + 3 * 365 * DAY)["declarations"] == 0
    assert retention.sweep(house.db, policy, NOW + 3 * 367 * DAY)["declarations"] == 1
    assert house.all(Declaration) == []


@pytest.mark.parametrize("email", ["anna@example.com", "ANNA@example.com"])
def test_an_erasure_takes_what_was_typed_and_locks_the_proof_away(house: House, email: str) -> None:
    """Edge case 58. Also of a declaration that was never matched, by the hash of its address."""
    house.add(contract(status="canceled"))
    house.declare(email=email)
    house.work()
    assert house.row.customer_id is None
    vault = Vault(Sealer(["k" * 32], USE), 3 * 365 * DAY)
    erase(house.db, "cus_1", vault=vault, who="mira", why=None, now=NOW + DAY)
    assert house.row.content in ({}, None)
    assert house.all(Task) == []
    (kept,) = read(house.db, vault, customer_id="cus_1", who="mira", why="a claim", now=NOW + DAY)
    assert kept.kind == "declaration"
    assert kept.content is not None
    assert kept.content["row"]["content"]["name"] == "A. Stranger"


def test_two_presses_at_the_same_time_are_one_declaration(house: House) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: house.declare(), range(8)))
    assert len(keys) == len(house.all(Declaration)) == 1
