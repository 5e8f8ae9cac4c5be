"""The proof on the overview: what was collected beyond what would have come anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.money import Money
from app.ops.charts import Chart, Series, Shape, Unit
from app.ops.dashboard.desk import Desk
from app.ops.dashboard.dunning import major
from app.ops.sheets import Column, Line, Sheet
from app.proof import reading
from app.proof.advising import advices
from app.proof.reading import Numbers, ProofView
from app.proof.rules.verdict import ENOUGH, Verdict
from app.proof.wording import CONTROLS, TITLES, checks_line, guardrail_lines, open_line

EXPERIMENTS = tuple(TITLES)
COLUMNS = (
    Column(head="Treated"),
    Column(head="Held out"),
    Column("recovery.at_risk", "Treated, at risk"),
    Column("proof.collected"),
    Column("proof.interval", "Incremental, from"),
    Column("proof.interval", "to"),
    Column("proof.incremental"),
    Column("proof.would_have_come"),
    Column("proof.verdict", text=True),
)
NOBODY = "Nobody is held out, so nothing can be proven."


@dataclass(frozen=True, slots=True)
class Block:
    """One experiment against one control arm, as the page tells it. `missing`: how far it is from any number."""

    view: ProofView
    title: str
    gets: str
    kind: str
    lines: Sequence[str]

    @property
    def missing(self) -> str | None:
        least = min(self.view.treated, self.view.held_out)
        return f"n = {least} of {ENOUGH}" if least < ENOUGH else None

    def money(self, name: str) -> Money | None:
        numbers = self.view.numbers
        return Money(getattr(numbers, name), self.view.currency) if numbers else None


def blocks(desk: Desk) -> list[Block]:
    """Every experiment in the view's currency; none before somebody was held out."""
    if not desk.currency:
        return []
    found = sorted(reading.latest(desk.session, desk.currency), key=lambda v: EXPERIMENTS.index(v.experiment))
    kinds = {Verdict.PROVEN: "good", Verdict.PROVEN_HARM: "bad", Verdict.BLOCKED: "bad"}
    return [
        Block(
            view,
            TITLES[view.experiment],
            CONTROLS.get(view.control, view.control),
            kinds.get(view.verdict, "quiet"),
            [line for line in (*guardrail_lines(view), open_line(view), checks_line(view)) if line],
        )
        for view in found
    ]


def outlook(desk: Desk) -> str | None:
    """What a hold-out would come to here, in one sentence; None where it cannot be said."""
    share = desk.place.config.experiments.holdout_share
    found = advices(desk.session, share, now=desk.now)
    told = next((a for a in found if a.currency == desk.currency), None)
    return told.sentence if told else None


def now_sheet(desk: Desk) -> Sheet:
    """The newest look at every experiment."""
    found = blocks(desk)
    return Sheet(
        title="Proof in numbers",
        head="Experiment",
        columns=COLUMNS,
        lines=[_line(f"{b.title}, against {b.view.control.replace('_', ' ')}", b.view) for b in found],
        empty=NOBODY,
        notes=("Closed cohorts only. The interval holds at every look, however often one looks.",),
    )


def looks(desk: Desk) -> Sheet:
    """How the answer for late payments has come about, look by look."""
    first = next((b.view for b in blocks(desk) if b.view.experiment == EXPERIMENTS[0]), None)
    found: list[ProofView] = []
    if first is not None:
        found = reading.history(desk.session, first.experiment, first.control, first.currency)
    known = [view for view in found if view.numbers][-24:]
    return Sheet(
        title="Late payments: incremental at each look",
        head="Closed through",
        columns=COLUMNS,
        lines=[_line(view.closed_through or "–", view) for view in reversed(known)],
        empty="Nothing yet: no look had thirty customers in each arm.",
        chart=Chart(
            Shape.RANGES,
            tuple(view.closed_through or "" for view in known),
            (_ranges([(n, v.currency) for v in known if (n := v.numbers)]),),
            "Incremental money with its always-valid interval at each look. Only an interval above zero proves it.",
            Unit.MONEY,
            months=all(view.closed_through for view in known),
        ),
    )


def _ranges(found: Sequence[tuple[Numbers, str]]) -> Series:
    return Series(
        "Incremental",
        tuple(major(n.incremental_minor, c) for n, c in found),
        low=tuple(major(n.lower_minor, c) for n, c in found),
        high=tuple(major(n.upper_minor, c) for n, c in found),
    )


def _line(head: str, view: ProofView) -> Line:
    names = (
        "at_risk_minor",
        "collected_minor",
        "lower_minor",
        "upper_minor",
        "incremental_minor",
        "anyway_minor",
    )
    amounts = [Money(getattr(view.numbers, name), view.currency) if view.numbers else None for name in names]
    return Line(head, (view.treated, view.held_out, *amounts, view.words))
