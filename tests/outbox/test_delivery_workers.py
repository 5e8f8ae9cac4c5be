"""Two workers at the same mails, with a real database between them."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import Database
from app.outbox.models import Mail
from app.outbox.ports import Accepted, Letter
from tests.integrations.mail.smtp_server import Mailbox, serving
from tests.outbox.post_office import PostOffice, Transport

COUNT = 200


@dataclass
class LockedTransport(Transport):
    """Safe for many threads."""

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def send(self, letter: Letter) -> Accepted:
        with self.lock:
            return super().send(letter)


def test_many_workers_never_send_a_mail_twice(database: Database) -> None:
    office = PostOffice(database, transport=LockedTransport())
    count = 40 if database.is_sqlite else COUNT
    keys = [office.queue(n) for n in range(count)]
    start = threading.Barrier(4)

    def work(_: int) -> int:
        start.wait()
        return office.delivery().deliver(keys)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(work, range(4)))
    assert sum(taken) == count
    assert sorted(Counter(office.transport.accepted).values()) == [1] * count
    assert Counter(office.reports()) == {"sent": count}
    if not database.is_sqlite:
        assert sum(t > 0 for t in taken) > 1, "they must have worked side by side"


def test_a_sweep_beside_a_working_worker_touches_nothing_of_it(database: Database) -> None:
    office = PostOffice(database)
    key = office.queue()

    class Sweeping(Transport):
        def send(self, letter: Letter) -> Accepted:
            assert office.delivery().sweep() == 0
            return super().send(letter)

    office.transport = Sweeping()
    office.delivery().deliver([key])
    assert office.mail(key).state == "sent"


def test_a_real_server_decides_what_becomes_of_each_mail(database: Database) -> None:
    from app.integrations.mail.transports import ThreadTransports

    office, mailbox = PostOffice(database), Mailbox()
    wanted = {
        "ada@example.com": "sent",
        "rcpt-550@example.com": "failed",
        "rcpt-451@example.com": "retry",
        "data-451@example.com": "retry",
        "data-554@example.com": "failed",
        "before-data-drop@example.com": "retry",
        "accept-drop@example.com": "unknown",
        "nobody": "failed",
    }
    keys = [office.queue(n) for n in range(len(wanted))]
    with database.write() as session:
        for mail, address in zip(session.scalars(select(Mail).order_by(Mail.id)), wanted, strict=True):
            mail.to_address = address
    with serving(mailbox) as port:
        transports = ThreadTransports(f"smtp://127.0.0.1:{port}?tls=off", timeout=1)
        office.delivery(transport=transports).deliver(keys)
        transports.close()
    assert {office.mail(k).to_address: office.mail(k).state for k in keys} == wanted
    assert [e.rcpt_tos[0] for e in mailbox.mails] == ["ada@example.com", "accept-drop@example.com"]
