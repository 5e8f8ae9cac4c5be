"""The figures of win-back."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from rich.console import Console

from app.core.db import Database
from app.proof.of_winback import as_json, looks, write
from app.stats.cancellations_rules import Share
from app.stats.rules import Window
from app.stats.tables import Format
from app.stats.winback import WinbackReport, report
from app.stats.winback_raw import WINBACK
from app.stats.winback_rules import LapseCase, WinbackBy, WinbackFigures, figures_of
from app.stats.winback_tables import COLUMNS, as_csv, as_table
from app.winback.states import How
from tests.rollups import keep
from tests.stats.factories import NOW
from tests.stats.returners import a_winter


def ask(
    db: Database, by: WinbackBy, first: str = "", last: str = "", currency: str | None = None
) -> WinbackReport:
    keep(db, WINBACK)
    window = Window(date.fromisoformat(first), date.fromisoformat(last)) if first else None
    with db.read() as session:
        return report(session, by, window, currency=currency, now=NOW)


def test_the_figures_of_months_are_those_counted_by_hand(database: Database) -> None:
    a_winter(database)
    rows = {(r.currency, r.group): r.figures for r in ask(database, WinbackBy.MONTH).rows}
    assert rows == {
        ("usd", "2026-01"): WinbackFigures(
            lapses=2, enrolled=2, mailed=2, clicked=2, by_offer=1, by_page=1, received_minor=5500,
            kept_30=1, left_30=1, kept_60=1, left_60=1, left_90=1, left_365=1,
        ),
        ("usd", "2026-02"): WinbackFigures(
            lapses=6, enrolled=3, held_out=2, mailed=3, clicked=1, stayed=1, natural=1, held_out_returned=1,
            uninvited_returned=1, received_minor=4000, kept_30=1,
        ),
        ("eur", "2026-02"): WinbackFigures(lapses=1),
    }  # fmt: skip
    january, february = rows["usd", "2026-01"], rows["usd", "2026-02"]
    assert (january.return_rate, february.return_rate) == (Share(2, 2), Share(2, 3))
    assert february.held_out_rate == Share(1, 2)
    assert [january.pending(days) for days in (30, 60, 90, 365)] == [0, 0, 1, 1]
    assert january.kept(60) == Share(1, 2)


def test_what_came_back_without_us_is_never_among_what_was_received(database: Database) -> None:
    a_winter(database)
    [involuntary] = [r for r in ask(database, WinbackBy.KIND).rows if r.group == "involuntary"]
    assert (involuntary.figures.natural, involuntary.figures.received_minor, involuntary.figures.kept_30) == (
        1,
        0,
        0,
    )
    assert figures_of(LapseCase(enrolled=True, held_out=True, how="page")).returned == 0
    assert figures_of(LapseCase(how="natural", paid_minor=100)) == WinbackFigures(
        lapses=1, uninvited_returned=1
    )


@pytest.mark.parametrize("how", How)
def test_every_way_back_has_its_column(how: How) -> None:
    figures = figures_of(LapseCase(enrolled=True, how=how))
    assert figures.returned + figures.natural == 1


def test_reasons_steps_and_offers_apart(database: Database) -> None:
    a_winter(database)
    steps = ask(database, WinbackBy.STEP, currency="USD").rows
    assert [(r.group, r.figures.lapses) for r in steps] == [("0", 3), ("1", 3), ("2", 1), ("3", 1)]
    offers = ask(database, WinbackBy.OFFER, "2026-01-01", "2026-02-28", "usd").rows
    assert [(r.group, r.figures.lapses, r.figures.returned) for r in offers] == [
        ("none", 6, 2),
        ("free_month", 1, 1),
        ("half", 1, 0),
    ]
    reasons = ask(database, WinbackBy.REASON, currency="usd").rows
    assert [(r.group, r.figures.lapses) for r in reasons] == [("too_expensive", 7), ("no reason told", 1)]


@pytest.mark.same_on_both
def test_the_report_as_text_is_the_report(database: Database) -> None:
    assert as_csv(ask(database, WinbackBy.MONTH)).strip() == ",".join(COLUMNS)
    a_winter(database)
    found = ask(database, WinbackBy.MONTH, currency="usd")
    with database.read() as session:
        views = looks(session)
    told = as_json(found, views)
    assert told["proof"] == []
    assert told == json.loads(json.dumps(told))
    assert (
        told["data"][0]["returned"],
        told["data"][0]["return_rate"],
        told["data"][0]["held_out_rate"],
    ) == (2, 1, None)
    console = Console(width=80, file=io.StringIO())
    console.print(as_table(found))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "$55.00" in printed
    assert "not proof" in printed
    for form in Format:
        assert write(found, views, form)
    with_proof = Console(width=80, file=io.StringIO())
    with_proof.print(write(found, views, Format.TABLE))
    assert "Nobody is held out" in with_proof.file.getvalue()  # type: ignore[attr-defined]
