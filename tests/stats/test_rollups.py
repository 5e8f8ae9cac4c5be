"""A roll-up says what the raw query says, whatever happened in whatever order, and whoever died in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text

from app.billing import repository as billing
from app.billing.states import InvoiceState, SubscriptionState
from app.cases.models import Case
from app.core import gates
from app.core.db import Database
from app.core.marks import FigureMark
from app.core.sealing import Sealer
from app.dunning.models import DunningInvoice
from app.outbox import repository as outbox
from app.privacy import restricted
from app.privacy.restricted import Vault
from app.privacy.service import erase
from app.stats.mail_raw import MAILS
from app.stats.offers_raw import OFFERS
from app.stats.recovery_raw import RECOVERY
from app.stats.rollups.keeper import KEEPING, FigureKeeper
from app.stats.rollups.reading import read, read_one, remember
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import MONTH
from app.stats.rollups.spans import Span
from app.stats.rules import Figures, Window
from app.stats.waits import WAITS
from tests.commands import Commands
from tests.feedback.factories import mail
from tests.rollups import NOW, agree, keep, stored
from tests.scenarios.test_queries import listening
from tests.stats.factories import a_quarter, day, late_invoice
from tests.stats.leavers import a_spring

names = st.sampled_from("abcde")
moments = st.builds(lambda n: day("2026-03-01") + timedelta(hours=n), st.integers(0, 24 * 75))
changes = st.one_of(
    st.tuples(st.just("fails"), names, moments, st.integers(1, 9000)),
    st.tuples(st.just("moves"), names, moments),
    st.tuples(st.just("pays"), names, st.integers(0, 9000), st.integers(0, 9000)),
    st.tuples(st.just("is written to"), names, moments),
    st.tuples(st.just("closes"), names),
    st.tuples(st.just("is gone"), names),
    st.tuples(st.just("the figures are kept")),
)


def happens(db: Database, change: tuple[Any, ...]) -> None:
    what, *told = change
    if what == "the figures are kept":
        keep(db)
        return
    key = f"in_{told[0]}"
    with db.read() as session:
        known = session.get(DunningInvoice, key) is not None
    if what == "fails" and not known:
        with db.write() as session:  # its case may have stayed
            session.execute(text("delete from cases where id = :id"), {"id": f"case_{told[0]}"})
        late_invoice(db, told[0], f"{told[1]:%Y-%m-%dT%H:%M}", told[2])
    if what == "fails" or not known:
        return
    with db.write() as session:
        invoice = session.get_one(DunningInvoice, key)
        case = session.get_one(Case, invoice.case_id)
        match what:
            case "moves":
                invoice.failed_at = told[1]
            case "pays":
                invoice.result, invoice.paid_minor, invoice.returned_minor = "paid", told[1], told[2]
                invoice.paid_at = invoice.failed_at + timedelta(days=3)
            case "is written to":
                case.first_contact_at, case.contacts = told[1], case.contacts + 1
            case "closes":
                case.state = "closed"
            case "is gone":
                session.delete(invoice)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes, max_size=12))
def test_whatever_happens_to_the_rows_the_roll_ups_follow(
    database: Database, story: list[tuple[Any, ...]]
) -> None:
    """Each example begins with the last one's invoices going."""
    for change in (*(("is gone", name) for name in "abcde"), *story):
        happens(database, change)
    keep(database)
    agree(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(FigureMark)) == 0


windows = st.tuples(
    st.dates(date(2026, 2, 20), date(2026, 6, 5)), st.dates(date(2026, 2, 20), date(2026, 6, 5))
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    windows,
    st.lists(st.sampled_from([MONTH, "currency", "population", "category", "step"]), unique=True).map(tuple),
    st.sampled_from([None, "usd", "chf"]),
    st.sampled_from([None, "renewal"]),
)
def test_any_window_grouping_and_filter_reads_what_the_rows_say(
    database: Database,
    ends: tuple[date, date],
    by: tuple[str, ...],
    currency: str | None,
    population: str | None,
) -> None:
    with database.read() as session:
        empty = session.scalar(select(func.count()).select_from(DunningInvoice)) == 0
    if empty:
        a_quarter(database)
        keep(database)
    window = Window(min(ends), max(ends))
    expected: dict[tuple[str, ...], Figures] = {}
    with database.read() as session:
        for key, figures in RECOVERY.raw(session, window).items():
            told = dict(zip(("day", *RECOVERY.dims), key, strict=True)) | {MONTH: f"{key[0]:%Y-%m}"}
            if currency in (None, told["currency"]) and population in (None, told["population"]):
                group = tuple(told[name] for name in by)
                expected[group] = expected.get(group, Figures()) + figures
        filters = {"currency": currency, "population": population}
        assert read(session, RECOVERY, by, window, filters) == expected


def test_one_figure_alone_is_the_same_one(database: Database) -> None:
    a_quarter(database)
    keep(database)
    with database.read() as session:
        for by in (("currency",), ("category", MONTH)):
            alone = read_one(session, RECOVERY, by, Window(), "at_risk_minor")
            assert alone == {k: f.at_risk_minor for k, f in read(session, RECOVERY, by, Window()).items()}


def test_a_page_reads_the_same_figures_once_and_never_takes_others_for_them(database: Database) -> None:
    a_quarter(database)
    keep(database)
    questions: list[tuple[Any, ...]] = [
        (RECOVERY, ("category",), Window(), {}),
        (RECOVERY, ("category",), Window(), {"currency": "usd"}),
        (RECOVERY, ("category",), Window(date(2026, 3, 1)), {}),
        (RECOVERY, ("step",), Window(), {}),
        (WAITS, (MONTH,), Window(), {}),
        (RECOVERY, (MONTH,), Window(), {}),
    ]
    with database.read() as session:
        apart = [read(session, *asked) for asked in questions]
    with database.read() as session:
        remember(session)
        first = [read(session, *asked) for asked in questions]
        with listening(database) as heard:
            again = [read(session, *asked) for asked in questions]
    assert first == again == apart
    assert not heard


def test_rows_by_hand_of_every_report_are_summed_as_the_raw_queries_say(database: Database) -> None:
    late_invoice(database, "x", "2026-03-05", 1000, result="lost")
    late_invoice(database, "y", "2026-04-30T23:59", 500)
    a_spring(database)
    with database.write() as session:
        session.add_all(mail(str(n), settled_at=day(f"2026-0{1 + n}-28T23:30")) for n in range(3))
    keep(database)
    agree(database)
    assert all(
        stored(database, r, Span.MONTH)
        for r in REPORTS
        if r.name in ("recovery", "cancellation", "offer", "mail")
    )


def test_money_that_goes_back_late_changes_the_day_of_the_offer(database: Database) -> None:
    """Invoices are written past the session, and leave their marks all the same."""
    a_spring(database)
    keep(database)
    with database.write() as session:
        row = billing.load(session, InvoiceState, ["in_a_5"])["in_a_5"]
        billing.save(session, [replace(row, refunded_minor=2900)])
    before = stored(database, OFFERS, Span.DAY)
    keep(database)
    agree(database)
    after = stored(database, OFFERS, Span.DAY)
    assert {key[0] for key in before if before[key] != after[key]} == {date(2026, 2, 1)}


def test_a_mail_that_the_outbox_settles_is_counted(database: Database) -> None:
    row = mail("1", state="sending", settled_at=None, token="mine")
    with database.write() as session:
        session.add(row)
    keep(database)
    with database.write() as session:
        assert outbox.settle(session, row, "mine", state="sent", settled_at=NOW)
    keep(database)
    assert [f.sent for f in stored(database, MAILS, Span.DAY).values()] == [1]


def test_who_dies_on_the_way_leaves_the_marks_for_the_next_one(database: Database) -> None:
    """One report's fault keeps no other from being kept."""
    keep(database)
    a_quarter(database)

    def dies(*_: object) -> dict[Any, Any]:
        raise RuntimeError("the power is gone")

    dying = FigureKeeper(database, lambda: NOW, [replace(RECOVERY, raw=dies), *REPORTS[1:]])
    with pytest.raises(ExceptionGroup):
        dying.refresh()
    assert stored(database, RECOVERY, Span.DAY) == {}
    keep(database)
    agree(database)


def test_an_older_look_never_overwrites_a_newer_one(database: Database) -> None:
    """Between our look and our writing another worker looks, at newer rows, and writes."""
    late_invoice(database, "a", "2026-03-05", 1000)
    keep(database)
    looks = []

    def slow(session: Any, window: Window) -> Any:
        found = RECOVERY.raw(session, window)
        looks.append(window)
        if len(looks) == 1:
            late_invoice(database, "b", "2026-03-05", 500)
            keep(database)
        return found

    with database.write() as session:
        session.get_one(DunningInvoice, "in_a").result = "lost"
    FigureKeeper(database, lambda: NOW, [replace(RECOVERY, raw=slow), *REPORTS[1:]]).refresh()
    assert len(looks) == 2
    agree(database)


def test_an_erasure_leaves_no_name_in_the_marks_and_the_figures_as_the_rows_say(database: Database) -> None:
    a_spring(database)
    with database.write() as session:
        gates.register(session, public_url="http://here", provider_key=None, now=NOW)
    keep(database)
    with database.write() as session:
        session.get_one(Case, "case_h").category = "too_expensive"  # a mark under the name, not yet seen
    vault = Vault(Sealer(["k" * 40], restricted.USE), timedelta(days=1))
    erase(database, "cus_h", vault=vault, who="mira", why=None, now=NOW)
    with database.read() as session:
        assert "cus_h" not in set(session.scalars(select(FigureMark.customer_id)))
    keep(database)
    agree(database)


def test_the_figures_are_kept_every_quarter_of_an_hour_in_which_something_changed(database: Database) -> None:
    now = NOW
    keeper = FigureKeeper(database, lambda: now)
    with database.write() as session:
        gates.register(session, public_url="http://here", provider_key=None, now=NOW)

    def due() -> bool:
        with database.read() as session:
            return keeper.is_due(session, now)

    assert due()  # they were never made
    keeper.look()
    late_invoice(database, "a", "2026-03-05", 1000)
    now += KEEPING.every - timedelta(seconds=1)
    assert not due()
    now += timedelta(seconds=1)
    assert due()
    keeper.look()
    agree(database)
    now += KEEPING.every
    assert not due()  # nothing has changed


def test_the_command_makes_them_anew_and_a_day_that_nobody_stands_on_goes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_invoice(database, "x", "2026-03-05", 1000, result="lost")
    late_invoice(database, "y", "2026-04-30T23:59", 500)
    a_spring(database)
    keep(database)
    with database.write() as session:  # behind our back
        session.execute(text("delete from dunning_invoices where invoice_id = 'in_y'"))
        session.execute(text("update recovery_days set lost_minor = 1"))
    command = Commands(database, tmp_path, monkeypatch)
    assert command("stats", "rebuild", "--report", "recovery")[0] == 0
    agree(database)
    assert command("stats", "rebuild", "--report", "guesses")[0] == 2
    assert command("stats", "rebuild")[0] == 0
    agree(database)


def test_a_plan_that_only_renews_is_told_by_its_invoice_alone(database: Database) -> None:
    """Or every renewal would have all terms of its customer computed anew."""
    plan = SubscriptionState("sub_a", NOW, True, "cus_a", "active", "charge_automatically", NOW)
    later = replace(plan, seen_at=NOW + timedelta(days=30), period_end_at=NOW + timedelta(days=60))
    marked = []
    for before, after in ((None, plan), (plan, later), (later, replace(later, status="past_due"))):
        with database.write() as session:
            billing.save(session, [after], {before.id: before} if before else None)
        with database.write() as session:
            marked.append(list(session.scalars(select(FigureMark.what))))
            session.execute(delete(FigureMark))
    assert marked == [["subscriptions"], [], ["subscriptions"]]


def test_a_day_that_its_last_unit_has_left_is_empty(database: Database) -> None:
    """An earlier failure is learnt of, and then the invoice is deleted."""
    late_invoice(database, "a", "2026-04-10", 1000)
    keep(database)
    with database.write() as session:
        session.get_one(DunningInvoice, "in_a").failed_at = day("2026-03-31T23:59")
    keep(database)
    assert {key[0] for key in stored(database, RECOVERY, Span.DAY)} == {date(2026, 3, 31)}
    agree(database)
    with database.write() as session:
        session.delete(session.get_one(DunningInvoice, "in_a"))
    keep(database)
    assert stored(database, RECOVERY, Span.MONTH) == {}
    agree(database)
