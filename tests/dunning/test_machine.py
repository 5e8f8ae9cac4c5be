"""A random life of one customer's cases, on the real database code, from facts to mails and back."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from app.billing.facts import Fact, Translation
from app.cancellation.due import GrantWatch
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.states import CaseState, Outcome, StepState
from app.contacts.models import ContactLog
from app.contacts.rules.policy import Terms
from app.core.db import Database
from app.core.gates import SendingMode
from app.dunning.models import DunningInvoice
from app.dunning.rules.policy import DunningPolicy
from app.expiring.scan import CardScan
from app.guard import LiveGuard
from app.inbound import repository as inbound
from app.inbound.models import InboundEvent
from app.inbound.states import Source
from app.outbox.actions import ActionDelivery
from app.outbox.delivery import MailDelivery
from app.outbox.models import Mail, Task
from app.outbox.ports import Accepted, Letter, MailDeferred, MailInDoubt, MailRefused
from app.pipeline import Setup
from app.prefetch import Prefetch
from app.runner import Runner
from tests.dunning.small_world import CODES, SmallWorld
from tests.outbox.post_office import GONE, Crash, PlainWords, Transport
from tests.schema import start_anew

BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
WENT = ("sent", "unknown")
SOMETIMES = (
    *(
        f"case {outcome}"
        for outcome in ("recovered", "lost", "cancelled", "voided", "written_off", "stopped")
    ),
    *("case held", "second case", "two debts in a case"),
    *(f"mail {state}" for state in ("sent", "failed", "unknown")),
    *(f"sent {purpose}" for purpose in ("reminder", "thank_you", "last_notice")),
    *("step skipped", "mail cancelled by the guard", "mail tried again", "three reminders in a case"),
)
both = st.sampled_from(["sub_1", "sub_2"])


class WatchedTransport(Transport):
    """Sees to it that what goes over the wire may go at that very moment."""

    db: Database

    def send(self, letter: Letter) -> Accepted:
        with self.db.read() as session:
            mail = session.scalars(select(Mail).where(Mail.message_id == letter.message_id)).one()
            case = session.get_one(Case, mail.case_id)
            assert mail.state == "sending"
            wanted = {"reminder": ("open", None), "thank_you": ("closed", "recovered")}
            wanted["last_notice"] = ("closed", "lost")
            assert (case.state, case.outcome) == wanted[mail.purpose]
            assert letter.message_id not in self.accepted, "never twice"
        return super().send(letter)


class CaseLife(RuleBasedStateMachine):
    """`template`: an empty database to start from; `one`: where each life begins anew."""

    template: ClassVar[Path]
    one: ClassVar[Database]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.db = self.one
        start_anew(self.db, self.template)
        self.world = SmallWorld(BEGIN)
        self.deliveries: list[list[Fact]] = []
        self.late: list[int] = []
        self.stored = 0
        self.transport = WatchedTransport()
        self.transport.db = self.db
        self.closed: dict[str, int] = {}
        self.stopped: set[str] = set()
        setup = Setup(
            DunningPolicy(),
            Terms(default_zone="Europe/London"),
            lambda case: f"https://pay.example/{case.id}",
        )
        guard = LiveGuard(self.db, setup, self.clock, None, lambda *_: ())
        mails = MailDelivery(
            self.db,
            self.clock,
            PlainWords(),
            lambda: self.transport,
            guard,
            SendingMode.parse("live"),
            lease=GONE,
        )
        self.runner = Runner(
            db=self.db,
            clock=self.clock,
            setup=setup,
            translate=self.translate,
            prefetch=Prefetch(None, lambda *_: ()),
            mails=mails,
            actions=ActionDelivery(self.db, self.clock, {}),
            read_callback=lambda source, body: [],
            watches=[CardScan(self.db, self.clock, setup, None, lambda *_: False)],
            grants=GrantWatch(self.db, self.clock, setup),
            threads=1,
        )

    def clock(self) -> datetime:
        return self.world.now

    def translate(self, body: bytes, *, live: bool) -> Translation:
        return Translation(facts=tuple(self.deliveries[int(body)]))

    def teardown(self) -> None:
        self.db.dispose()

    # What happens

    def deliver(self, number: int) -> None:
        self.stored += 1
        with self.db.write() as session:
            inbound.store(
                session,
                source=Source.STRIPE,
                event_id=f"evt_{self.stored}",
                type="test",
                created_at=self.world.now,
                now=self.world.now,
                body=str(number).encode(),
                customer_id="cus_1",
            )

    def tell(self, facts: list[Fact], how: str) -> None:
        if not facts:
            return
        self.deliveries.append(facts)
        number = len(self.deliveries) - 1
        if how == "late":
            self.late.append(number)
        else:
            for _ in range(2 if how == "twice" else 1):
                self.deliver(number)

    how = st.sampled_from(["now", "now", "now", "twice", "late"])

    @initialize(code=st.sampled_from(CODES))
    def begin(self, code: str) -> None:
        self.tell(self.world.begin(), "now")
        self.tell(self.world.fail("sub_1", code), "now")

    @rule(subscription=both, code=st.sampled_from(CODES), how=how)
    def fail(self, subscription: str, code: str, how: str) -> None:
        self.tell(self.world.fail(self.world.present(subscription), code), how)

    @rule(
        data=st.data(),
        what=st.sampled_from(
            ["paid", "void", "uncollectible", "uncollectible", "refund", "needs_response", "won"]
        ),
        how=how,
    )
    def something_becomes_of_an_invoice(self, data: st.DataObject, what: str, how: str) -> None:
        is_late = what in ("refund", "needs_response", "won")
        fit = [k for k, i in self.world.invoices.items() if (i.status == "paid") == is_late]
        key = data.draw(st.sampled_from(sorted(fit or self.world.invoices)))
        match what:
            case "refund":
                facts = self.world.refund(key, 900)
            case "needs_response" | "won":
                facts = self.world.dispute(key, what)
            case _:
                facts = self.world.end_invoice(key, what)
        self.tell(facts, how)
        if data.draw(st.booleans()):
            self.days_go_by(24)

    @rule(
        subscription=both,
        what=st.sampled_from(
            ["failed", "left", "left", "leaves", "stays", "stays", "pauses", "goes on", "goes on"]
        ),
        how=how,
    )
    def something_becomes_of_a_subscription(self, subscription: str, what: str, how: str) -> None:
        subscription = self.world.present(subscription)
        match what:
            case "failed" | "left":
                reason = {"failed": "payment_failed", "left": "cancellation_requested"}[what]
                facts = self.world.cancel(subscription, reason)
            case "leaves" | "stays":
                facts = self.world.schedule_end(subscription, wanted=what == "leaves")
            case _:
                facts = self.world.pause(subscription, paused=what == "pauses")
        self.tell(facts, how)

    @rule(data=st.data())
    def deliver_what_was_late_and_something_again(self, data: st.DataObject) -> None:
        for number in data.draw(st.permutations(self.late)):
            self.deliver(number)
        self.late = []
        self.deliver(data.draw(st.integers(0, len(self.deliveries) - 1)))

    @rule(hours=st.sampled_from([7, 24, 100, 130]))
    def days_go_by(self, hours: int) -> None:
        """The worker lives through them from due time to due time."""
        self.runner.walk(self.set_clock, self.world.now + timedelta(hours=hours))

    @rule(subscription=both, code=st.sampled_from(CODES), hours=st.sampled_from([30, 130, 130]))
    def a_failure_and_some_days_go_by(self, subscription: str, code: str, hours: int) -> None:
        self.fail(subscription, code, "now")
        self.days_go_by(hours)

    @rule(subscription=both, how=how)
    def a_failure_is_reminded_of_and_paid(self, subscription: str, how: str) -> None:
        self.a_failure_and_some_days_go_by(subscription, "expired_card", 30)
        for key, invoice in list(self.world.invoices.items()):
            if invoice.status == "open":
                self.tell(self.world.end_invoice(key, "paid"), how)
        self.days_go_by(24)

    @rule(
        trouble=st.sampled_from(
            [MailDeferred("451", timedelta(hours=2)), MailRefused("550"), MailInDoubt("?")]
        ),
        hours=st.sampled_from([30, 130]),
    )
    def days_with_mail_trouble_go_by(self, trouble: Exception, hours: int) -> None:
        self.transport.answers = [trouble, None]
        self.a_failure_and_some_days_go_by("sub_1", "expired_card", hours)

    @rule(hours=st.sampled_from([1, 24, 96]), dies=st.booleans())
    def the_worker_is_away(self, hours: int, dies: bool) -> None:
        """It dies with its first mail on the wire, or just before; another begins some hours later."""
        if dies:
            self.transport.bomb = self.die
            with suppress(Crash):
                self.runner.walk(self.set_clock, self.world.now + timedelta(hours=130))
            self.transport.bomb = lambda: None
        self.set_clock(self.world.now + timedelta(hours=hours))
        self.runner.tick()

    def die(self) -> None:
        raise Crash

    def set_clock(self, at: datetime) -> None:
        self.world.now = at

    @rule(stop=st.sampled_from([True, False, False]))
    def a_person_stops_or_holds(self, stop: bool) -> None:
        with self.db.write() as session:
            for case in session.scalars(select(Case).where(Case.state != CaseState.CLOSED)):
                if stop:
                    case_engine.stop(session, case, "Stopped by a person.", now=self.world.now)
                    self.stopped.add(case.id)
                elif case.state == CaseState.HELD:
                    case_engine.release(session, case, "a person says so", now=self.world.now)
                else:
                    case_engine.hold(session, case, "a person says so", now=self.world.now)

    # What is always so

    @invariant()
    def all_is_well(self) -> None:
        with self.db.read() as session:
            cases = {c.id: c for c in session.scalars(select(Case))}
            mails = list(session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))
            steps = list(session.scalars(select(Step)))
            tasks = set(session.scalars(select(Task.key)))
            settled = not session.scalar(select(InboundEvent.id).where(InboundEvent.state == "received"))
            contacts = list(session.scalars(select(ContactLog.at).where(ContactLog.counted)))
            debts = list(session.scalars(select(DunningInvoice)))
            dead = session.scalar(select(InboundEvent.error).where(InboundEvent.error.is_not(None)))
        self.seen.update(f"case {c.outcome or c.state}" for c in cases.values())
        self.seen.update(f"mail {m.state}" for m in mails)
        self.seen["mail tried again"] += any(m.state in WENT and m.attempts > 1 for m in mails)
        self.seen["mail cancelled by the guard"] += any(m.state == "cancelled" and m.attempts for m in mails)
        self.seen.update(f"sent {m.purpose}" for m in mails if m.state == "sent")
        self.seen.update(f"step {s.state}" for s in steps)
        self.seen["second case"] += len(cases) > 1
        self.seen["two debts in a case"] += len(debts) > len(cases)
        assert dead is None
        assert sum(c.state != CaseState.CLOSED for c in cases.values()) <= 1
        reminders = {key: [m for m in mails if m.case_id == key and m.purpose == "reminder"] for key in cases}
        for key, case in cases.items():
            self.check_case(case, [s for s in steps if s.case_id == key], reminders[key], settled=settled)
            assert any(d.case_id == key for d in debts)
        for mail in mails:
            assert (f"{mail.id}:mail_{mail.state}" in tasks) is (mail.state in ("failed", "unknown"))
            if mail.purpose == "thank_you":
                assert any(m.state in WENT for m in reminders[mail.case_id or ""])
        spacing = timedelta(hours=DunningPolicy().spacing_hours)
        assert all(b - a >= spacing for a, b in pairwise(sorted(contacts)))

    def check_case(self, case: Case, steps: list[Step], reminders: list[Mail], *, settled: bool) -> None:
        is_closed = case.state == CaseState.CLOSED
        assert is_closed == (case.outcome is not None) == (case.closed_at is not None)
        assert not is_closed or all(s.state != StepState.PLANNED for s in steps)
        assert (case.state == CaseState.HELD) == (case.held_reason is not None)
        assert all(s.reason for s in steps if s.state == StepState.SKIPPED)
        self.seen["three reminders in a case"] += sum(m.state in WENT for m in reminders) > 2
        assert len({m.step_id for m in reminders}) == len(reminders)
        assert {m.step_id for m in reminders} <= {s.id for s in steps if s.state == StepState.DONE}
        if settled:
            assert case.contacts == sum(m.state in WENT or m.withheld is not None for m in reminders)
        if case.id in self.closed:
            assert is_closed, "a closed case never reopens"
            assert len(reminders) == self.closed[case.id], "and makes no more reminders"
        elif is_closed:
            self.closed[case.id] = len(reminders)
        if case.id in self.stopped:
            assert case.outcome == Outcome.STOPPED


@pytest.fixture(autouse=True)
def _template(sqlite_template: Path, one_sqlite: Database) -> None:
    CaseLife.template, CaseLife.one = sqlite_template, one_sqlite
    CaseLife.seen = Counter()


TestCaseLife: Any = CaseLife.TestCase
TestCaseLife.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def lives(code: str, *happenings: tuple[str, str]) -> CaseLife:
    """A life that is told: something becomes of the first invoice or subscription, and days go by."""
    life = CaseLife()
    life.begin(code)
    life.days_go_by(30)
    life.all_is_well()
    for what, which in happenings:
        match what:
            case "invoice":
                life.tell(life.world.end_invoice("in_0", which), "now")
            case "left" | "failed":
                reason = {"left": "cancellation_requested", "failed": "payment_failed"}[what]
                life.tell(life.world.cancel(which, reason), "now")
            case "fails":
                life.tell(life.world.fail(which, "expired_card"), "twice")
            case "mail":
                troubles = {"451": MailDeferred("451", timedelta(hours=2)), "550": MailRefused("550")}
                life.transport.answers = [troubles.get(which, MailInDoubt("?")), None]
            case "person":
                life.a_person_stops_or_holds(which == "stops")
            case "worker":
                life.the_worker_is_away(24, True)
            case _:
                life.days_go_by(int(which))
        life.all_is_well()
    life.days_go_by(200)
    life.all_is_well()
    life.teardown()
    return life


def test_every_ending_and_every_trouble_is_lived_through() -> None:
    """So that none of the machine's invariants holds only because nothing ever happened."""
    lives("expired_card", ("invoice", "paid"))
    lives("expired_card", ("invoice", "void"))
    lives("expired_card", ("invoice", "uncollectible"))
    lives("expired_card", ("days", "200"), ("failed", "sub_1"))
    lives("expired_card", ("left", "sub_1"))
    lives(
        "expired_card",
        ("days", "200"),
        ("fails", "sub_2"),
        ("days", "24"),
        ("person", "stops"),
        ("invoice", "paid"),
    )
    lives("expired_card", ("person", "holds"), ("days", "200"), ("person", "releases"), ("days", "24"))
    lives("expired_card", ("invoice", "paid"), ("days", "24"), ("fails", "sub_1"), ("days", "200"))
    lives("insufficient_funds", ("mail", "451"), ("days", "130"), ("days", "200"))
    lives("insufficient_funds", ("mail", "451"), ("days", "92"), ("invoice", "paid"))
    lives("insufficient_funds", ("mail", "451"), ("days", "92"), ("person", "stops"))
    lives("insufficient_funds", ("mail", "451"), ("days", "92"), ("person", "holds"))
    lives("insufficient_funds", ("days", "92"), ("fails", "sub_1"), ("days", "24"))
    lives("insufficient_funds", ("mail", "550"), ("days", "130"))
    lives("insufficient_funds", ("mail", "?"), ("days", "130"))
    lives("insufficient_funds", ("worker", "dies"))
    missing = [what for what in SOMETIMES if not CaseLife.seen[what]]
    assert not missing, f"never happened: {missing}"


def test_a_mail_that_was_long_deferred_keeps_its_distance_to_the_next_one() -> None:
    life = CaseLife()
    life.begin("authentication_required")
    life.transport.answers = [MailDeferred("later", timedelta(hours=24)), None]
    life.days_go_by(130)
    try:
        life.all_is_well()
    finally:
        life.teardown()
