"""Survival curves: who is still there, so many days after a visit, a save, a return or a recovery."""

from __future__ import annotations

from collections.abc import Sequence

from app.ops.charts import Chart, Series, Shape, Tone, Unit
from app.ops.dashboard.desk import Desk, Maker
from app.ops.sheets import Cell, Column, Line, Sheet
from app.proof.reading import SurvivalView, survivals
from app.proof.rules.verdict import ENOUGH

MARKS = (0, 30, 60, 90, 180, 365)
"""The days of app/proof/rules/survival.py, which loads more than a page should."""
NOTHING = "Nothing yet: nobody was watched for a day. The worker looks once a day."
READ = "Kaplan-Meier, as of the last daily look. Few at risk make a jumpy line; who is still there counts as long as "
READ += "they were watched. The filters do not apply."
AFTER = {
    "visit": "After a visit",
    "save": "After a save",
    "return": "After a return",
    "recovery": "After a recovery",
}
SECONDARY = "Secondary: it decides nothing, and is right on one look only. The verdict is on the overview."
CHOSEN = "Who was saved, came back or paid is another choice of customers in each arm; only after a visit are they "
CHOSEN += "as they were drawn."


def curves_after(after: str, title: str) -> Maker:
    """The maker of one kind: treated and held out in one plot, with the numbers at risk."""

    def make(desk: Desk) -> Sheet:
        found = [view for view in survivals(desk.session) if view.after == after and view.n]
        return Sheet(
            title=title,
            head="Days since",
            columns=tuple(
                Column("retention.survival" if place == 0 else "", f"{_who(view)}: {what}")
                for view in found
                for place, what in enumerate(("still there, %", "at risk"))
            ),
            lines=[Line(str(mark), _cells(found, place, mark)) for place, mark in enumerate(MARKS)]
            if found
            else [],
            empty=NOTHING,
            notes=(READ, *_tested_words(found)),
            chart=Chart(
                Shape.STEPS,
                tuple(str(mark) for mark in MARKS if mark not in (0, 30)),
                tuple(_series(view) for view in found),
                f"{title}: the share that is still there by the days since.",
                Unit.PERCENT,
                at=tuple(float(mark) for mark in MARKS if mark not in (0, 30)),
            ),
        )

    return make


def apart(desk: Desk) -> Sheet:
    """The log-rank test of each pair of curves: a secondary figure, without a verdict."""
    found = {(view.after, view.held_out): view for view in survivals(desk.session)}
    kinds = [after for after in AFTER if any((after, held_out) in found for held_out in (False, True))]
    return Sheet(
        title="Treated against held out: the log-rank test, secondary",
        head="Curve",
        columns=(
            Column(head="Treated, compared"),
            Column(head="Held out, compared"),
            Column("retention.logrank"),
            Column(head="What it says", text=True),
        ),
        lines=[_tested(AFTER[after], found.get((after, False)), found.get((after, True))) for after in kinds],
        empty=NOTHING,
        notes=(SECONDARY, CHOSEN),
    )


def _tested_words(found: Sequence[SurvivalView]) -> tuple[str, ...]:
    """What stands under a table of curves, where the two are tested."""
    p = next((view.logrank_p for view in found if view.logrank_p is not None), None)
    return () if p is None else (f"Log-rank test, treated against held out: p = {p:.2g}. {SECONDARY}",)


def _tested(title: str, treated: SurvivalView | None, held_out: SurvivalView | None) -> Line:
    sizes = tuple(view.compared if view else 0 for view in (treated, held_out))
    p = treated.logrank_p if treated else None
    return Line(title, (*sizes, None if p is None else f"{p:.2g}", _says(min(sizes), p)))


def _says(least: int, p: float | None) -> str:
    if least < ENOUGH:
        return f"n = {least} of {ENOUGH}"
    return "nobody has left yet" if p is None else "secondary, decides nothing"


def _who(view: SurvivalView) -> str:
    return "Held out" if view.held_out else "Treated"


def _cells(found: Sequence[SurvivalView], place: int, mark: int) -> tuple[Cell, ...]:
    """The share and the number of each curve; no share where nobody is watched so long."""
    cells: list[Cell] = []
    for view in found:
        watched = view.at_risk[place]
        cells += [round(share_at(view, mark) * 100, 1) if watched else None, watched]
    return tuple(cells)


def share_at(view: SurvivalView, day: float) -> float:
    """The share still there after so many days."""
    return [share for since, share in view.steps if since <= day][-1]


def _series(view: SurvivalView) -> Series:
    """Its line, as far as somebody was watched."""
    watched = [float(mark) for mark, number in zip(MARKS, view.at_risk, strict=True) if number]
    steps = [*view.steps, (max([view.steps[-1][0], *watched]), view.steps[-1][1])]
    return Series(
        _who(view),
        tuple(share * 100 for _, share in steps),
        Tone.PALE if view.held_out else Tone.GOOD,
        at=tuple(day for day, _ in steps),
    )
