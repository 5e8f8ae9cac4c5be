"""Workers and the mail server are killed while mails go out. No reminder twice, and all accounted for."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.cases.models import Case
from app.contacts.models import ContactLog
from app.core.db import Database
from app.core.testclock import TestClock
from app.outbox.models import Mail, Task
from tests.chaos.seeding import seed
from tests.conftest import empty

MAILS = 2000
WORKERS = 3
SEED = 20261121
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LONGEST_SECONDS = 200.0
ENDED = ("sent", "failed", "unknown", "cancelled")


class Crowd:
    """The processes of the run, and what was done to them."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.history, self.errors = folder, folder / "history.txt", folder / "errors.txt"
        self.environment = os.environ | {
            "RECLAIM_DATABASE_URL": url,
            "RECLAIM_MAIL_URL": f"smtp://127.0.0.1:{self.port}?tls=off",
            "RECLAIM_MAIL_FROM": "Acme <billing@acme.example>",
            "RECLAIM_SENDING": "live",
            "RECLAIM_SECRET_KEYS": "a-secret-for-chaos",
            "RECLAIM_TEST_CLOCK": "1",
            "RECLAIM_LOG_LEVEL": "error",
        }
        self.dice = random.Random(SEED)
        self.killed_workers = self.killed_servers = 0
        self.server = self.start_server()
        self.places = [self.open_place(number) for number in range(WORKERS)]

    def open_place(self, number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.chaos.worker_process", str(self.pid_file(number))]
        with self.errors.open("ab") as errors:
            return subprocess.Popen(command, env=self.environment, stdout=errors, stderr=errors)

    def pid_file(self, number: int) -> Path:
        return self.folder / f"worker-{number}.pid"

    def start_server(self) -> subprocess.Popen[bytes]:
        seed_now = str(SEED + self.killed_servers)
        command = [
            sys.executable,
            "-m",
            "tests.chaos.smtp_process",
            str(self.port),
            str(self.history),
            seed_now,
        ]
        with self.errors.open("ab") as errors:
            return subprocess.Popen(command, stdout=errors, stderr=errors)

    def kill_a_worker(self) -> None:
        file = self.pid_file(self.dice.randrange(WORKERS))
        if file.exists():
            self.killed_workers += kill_process(int(file.read_text()))

    def kill_the_server(self) -> None:
        kill(self.server)
        self.killed_servers += 1
        self.server = self.start_server()

    def end(self) -> None:
        for process in (*self.places, self.server):
            kill(process)
        for number in range(WORKERS):
            kill_process(int(self.pid_file(number).read_text()))


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_process(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def states(db: Database) -> Counter[str]:
    with db.read() as session:
        return Counter(dict(session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all()))


@pytest.fixture
def db(postgres_url: str) -> Iterator[Database]:
    db = Database(postgres_url)
    empty(db)
    seed(db, MAILS, NOW)
    yield db
    empty(db)
    db.dispose()


def test_no_reminder_is_sent_twice_and_every_mail_is_accounted_for(
    db: Database, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began, clock = time.monotonic(), TestClock(db)
    clock.set(NOW)
    crowd = Crowd(postgres_url, tmp_path)
    with ExitStack() as stack:
        stack.callback(crowd.end)
        while (ended := sum(states(db)[s] for s in ENDED)) < MAILS:
            assert time.monotonic() - began < LONGEST_SECONDS, (states(db), crowd.errors.read_text()[-3000:])
            time.sleep(1.0 + crowd.dice.random() * 0.4)
            crowd.kill_a_worker()
            if ended > MAILS * (0.25, 0.6, 9)[crowd.killed_servers]:
                crowd.kill_the_server()
            # Business time runs ahead, so that what was deferred becomes due within the run.
            clock.set(clock() + timedelta(minutes=3 if ended < MAILS * 0.9 else 20))
    report(db)
    account(db, crowd, time.monotonic() - began, capsys)


def report(db: Database) -> None:
    """One more worker, undisturbed, tells the cases what became of their mails."""
    with db.write() as session:  # the leases of the dead are over; they would be by themselves in a minute
        session.execute(text("update inbound_events set claimed_until = null, claim_token = null"))
    from app.bootstrap import Application
    from app.configuration import Configuration
    from app.settings import Settings

    url = db.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, secret_keys="x", test_clock=True, mail_url="file:///nowhere")
    application = Application(settings, Configuration())
    while application.runner.process_events(500):
        pass
    application.db.dispose()


def account(db: Database, crowd: Crowd, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    history = [line.split() for line in crowd.history.read_text().splitlines()]
    words = Counter(word for word, *_ in history)
    accepted = Counter(line[1] for line in history if line[0] == "accepted")
    with db.read() as session:
        columns = select(Mail.id, Mail.case_id, Mail.state, Mail.message_id)
        mails = [(a, b or "", c, d or "") for a, b, c, d in session.execute(columns)]
        tasks = set(session.scalars(select(Task.key)))
        contacts = dict(session.execute(select(Case.id, Case.contacts)).all())
        logged = session.scalar(select(func.count()).select_from(ContactLog))
        attempts = session.scalar(select(func.sum(Mail.attempts)))
    found = Counter(state for _, _, state, _ in mails)
    unknown_arrived = sum(m in accepted for _, _, s, m in mails if s == "unknown")
    twice = [m for m, n in accepted.items() if n > 1]
    with capsys.disabled():
        print(
            f"\n{MAILS} mails in {seconds:.0f} s ({attempts} tries), {WORKERS} workers: {dict(found)}; of the unknown "
            f"{unknown_arrived} had arrived; killed {crowd.killed_workers} workers and {crowd.killed_servers} "
            f"mail servers; the server's history: {dict(words)}; sent twice: {len(twice)}"
        )
    assert twice == []
    assert sum(found[s] for s in ENDED) == MAILS
    for mail_id, case_id, state, message_id in mails:
        if state == "sent":
            assert accepted[message_id] == 1
        if state in ("failed", "cancelled"):
            assert message_id not in accepted
        assert (f"{mail_id}:mail_{state}" in tasks) is (state in ("unknown", "failed"))
        assert contacts[case_id] == (state in ("sent", "unknown"))
    assert logged == found["sent"] + found["unknown"]
    # Without the faults nothing would be proved.
    assert crowd.killed_workers >= 10
    assert crowd.killed_servers == 2
    assert all(words[w] > 0 for w in ("451", "550", "drop_before", "drop_after"))
    assert 0 < found["unknown"] < MAILS * 0.2
