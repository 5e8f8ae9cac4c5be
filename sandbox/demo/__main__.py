"""`python -m sandbox.demo`: play a year, print where to look, go on at real speed until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app import migrate
from app.bootstrap import Application, build
from app.core.lock import worker_lock
from app.doctor import NEEDED_EVENTS
from sandbox.demo.business import Business, Person
from sandbox.demo.leavers import Leavers
from sandbox.demo.people import LINK, Readers
from sandbox.demo.stage import Stage
from sandbox.mailbox.pages import create_app as mailbox_app
from sandbox.mailbox.smtp import smtp_server
from sandbox.mailbox.store import Mailbox
from sandbox.testing import RunningSandbox, running_sandbox

STEP = timedelta(hours=12)
RETURN_LINK = re.compile(r"https?://\S+/return/[\w.\-]+")
PRO: dict[str, Any] = {
    "plan": "Pro (monthly)",
    "amount": 2900,
    "currency": "usd",
    "interval": "month",
    "card": "5555555555554444",
}


def last_working_morning() -> datetime:
    """Ten o'clock UTC of the latest weekday that is not in the future."""
    at = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    if at > datetime.now(UTC):
        at -= timedelta(days=1)
    while at.weekday() > 4:
        at -= timedelta(days=1)
    return at


def play(
    application: Application,
    business: Business,
    readers: Readers,
    leavers: Leavers,
    end: datetime,
    console: Console,
) -> Person:
    """Let a year pass on both clocks; returns the subscriber whose card has just failed."""
    sandbox, runner, clock = business.sandbox, application.runner, application.test_clock
    guest: Person | None = None
    start = sandbox.now
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{start:%b %Y}", total=(end - start) / STEP)
        while sandbox.now < end:
            now = min(sandbox.now + STEP, end)
            if now.date() != sandbox.now.date():
                business.live(now, leavers.leave)
            if guest is None and end - now <= timedelta(days=6):
                guest = _guest(business)
            clock.set(now)
            sandbox.pause_deliveries()  # to send them together, over several connections
            sandbox.advance(now)
            sandbox.resume_deliveries()
            runner.tick()
            if readers.look():
                runner.tick()
            progress.update(task, advance=1, description=f"{now:%b %Y}")
    assert guest is not None
    return guest


def _guest(business: Business) -> Person:
    """Ada's card is reported lost just before her renewal, and she leaves her mail to you."""
    start = business.sandbox.now - timedelta(days=27)
    guest = business.add("Ada Lovelace", email="ada@customer.example", country="GB", start=start, **PRO)
    business.sandbox.decline(guest.ids.payment_method, "lost_card")
    return guest


def go_on(application: Application, sandbox: RunningSandbox, stop: threading.Event) -> None:
    """The clock runs at real speed; the stand-in follows it."""
    application.test_clock.set(application.clock(), run=True)
    while not stop.wait(1):
        sandbox.advance(application.clock())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--once", action="store_true", help="end after the year instead of running on")
    options = parser.parse_args()
    console = Console()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    stage = Stage()
    stage.prepare()
    mailbox = Mailbox()
    smtp = smtp_server(mailbox, "127.0.0.1", stage.smtp_port)
    smtp.start()
    config = uvicorn.Config(
        mailbox_app(mailbox), host="127.0.0.1", port=stage.mailbox_port, log_level="critical"
    )
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
    end = last_working_morning()
    webhook_url = f"{stage.public_url}/webhooks/stripe"
    with running_sandbox(
        start=end - timedelta(days=365), webhook_url=webhook_url, enabled_events=sorted(NEEDED_EVENTS)
    ) as sandbox:
        sandbox.state.senders = 8
        sandbox.state.policy.cards_of_their_own = True
        sandbox.state.policy.retry_gaps_days = (3, 5, 6)  # over after fourteen days, as the service is told
        environment = stage.environment(sandbox.api_base, sandbox.api_key, sandbox.webhook_secret)
        os.environ.update({k: v for k, v in environment.items() if k.startswith("RECLAIM_")})
        application = build()
        migrate.upgrade(application.db)
        application.test_clock.set(sandbox.now)
        application.register()
        application.runner.threads = (
            1  # the mailbox is next door: more threads would only wait for each other
        )
        try:
            stage.start("web", "--port", str(stage.web_port), environment=environment)
            stage.wait_until_ready()
            console.print(
                f"A small business with {options.customers} subscribers lives a year, through signed webhooks."
            )
            began = time.monotonic()
            with worker_lock(application.db), httpx.Client(trust_env=False, follow_redirects=False) as web:
                business = Business.found(sandbox, options.customers)
                readers = Readers(business, mailbox, web)
                leavers = Leavers(business, web, application.cancel_link)
                guest = play(application, business, readers, leavers, end, console)
                thinking = business.add("Grace Hopper", email="grace@customer.example", country="US", **PRO)
                application.runner.tick()
                application.figures.refresh()
            console.print(f"done in {time.monotonic() - began:.0f} s\n")
            stage.start("worker", environment=environment)
            cancel = application.cancel_link(thinking.ids.customer, thinking.ids.subscription)
            _tell(console, stage, mailbox, guest, cancel)
            if not options.once:
                go_on(application, sandbox, stop)
        finally:
            stage.clear()
            smtp.stop()


def _tell(console: Console, stage: Stage, mailbox: Mailbox, guest: Person, cancel: str) -> None:
    link = _newest(mailbox, LINK, to=guest.email)
    rows = {
        "login key": stage.login_key,
        "dashboard": f"{stage.public_url}/ops",
        "mailbox": f"http://127.0.0.1:{stage.mailbox_port}",
        "card page": link or "(no mail has gone yet)",
        "cancel page": cancel,
        "return page": _newest(mailbox, RETURN_LINK) or "(nobody was invited back lately)",
    }
    for name, value in rows.items():
        console.print(f"  {name:<11} {value}", soft_wrap=True, highlight=False)
    lines = (
        f"{guest.name} has lost her card. Open her card page, press the button, enter 4242 4242 4242 4242, and",
        "watch the mailbox for the thank-you. Grace Hopper wonders whether to stay: her cancel page asks why,",
        "offers one thing, and lets her go. The clock now runs at real speed; Ctrl-C ends the demo.",
    )
    console.print("\n" + "\n".join(lines), soft_wrap=True)


def _newest(mailbox: Mailbox, link: re.Pattern[str], *, to: str | None = None) -> str | None:
    """The link of the newest mail that has one, of all or of those to one person."""
    for mail in mailbox.newest_first():
        if (to is None or to in mail.recipients) and (found := link.search(mail.body("plain"))):
            return found[0]
    return None


if __name__ == "__main__":
    main()
