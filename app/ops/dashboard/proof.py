"""The proof on the overview: what was collected beyond what would have come anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.money import Money
from app.ops.charts import Chart, Series, Shape, Unit
from app.ops.dashboard.desk import Desk, Maker
from app.ops.dashboard.dunning import major
from app.ops.sheets import Cell, Column, Line, Sheet
from app.proof import reading
from app.proof.advising import advices
from app.proof.reading import Numbers, ProofView
from app.proof.rules.told import Cancelled, NetKept
from app.proof.rules.verdict import ENOUGH, Verdict
from app.proof.wording import (
    CONTROLS,
    TITLES,
    checks_line,
    guardrail_lines,
    net_kept_line,
    open_line,
    secondary_lines,
)

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
LENGTH = 90
KEPT_COLUMNS = (
    Column(head="Treated"),
    Column(head="Held out"),
    Column("money.received"),
    Column("money.in_kind"),
    Column("proof.would_have_come"),
    Column("proof.interval", "Net, from"),
    Column("proof.interval", "to"),
    Column("money.net_kept"),
    Column("money.discount"),
)
KEPT_RATES = (
    Column(head="Cancelled of treated, %"),
    Column(head="Cancelled of held out, %"),
    Column("proof.save_rate_net", "Save rate net, %"),
)
KEPT_NOTE = "Of treated customers of closed cohorts. Net is received minus in kind minus what would have come anyway. "
KEPT_NOTE += (
    "Only the first outcome, of 90 days, has a verdict; the months and plans of the filters do not apply."
)
SAVE_NOTE = "The save rate net is secondary: it has no interval and decides nothing."
NOT_MEASURED = "Not measured: nobody was drawn into an arm in this currency. Nothing takes its place."
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
            [line for line in _lines(view) if line],
        )
        for view in found
    ]


def _lines(view: ProofView) -> Sequence[str | None]:
    beside = (net_kept_line(view), *secondary_lines(view))
    return (*beside, *guardrail_lines(view), open_line(view), checks_line(view))


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


def net_kept(experiment: str) -> Maker:
    """The maker for one experiment: its net revenue kept in parts, and what is secondary."""
    rates = KEPT_RATES if experiment == "cancellation" else ()

    def make(desk: Desk) -> Sheet:
        lines: list[Line] = []
        for view in _of(desk, experiment):
            lines.append(_kept_line(f"{LENGTH} days", view, bool(rates)))
            lines += [_year_line(view, bool(rates))] if view.year else []
        return Sheet(
            title="Against the hold-out: net revenue kept",
            head="Within",
            columns=(*KEPT_COLUMNS, *rates, Column("proof.verdict", text=True)),
            lines=lines,
            empty=NOT_MEASURED,
            notes=(KEPT_NOTE, SAVE_NOTE) if rates else (KEPT_NOTE,),
        )

    return make


def _of(desk: Desk, experiment: str) -> list[ProofView]:
    """In the view's currency. Where no payment was ever late there is none yet: then in the first one there is."""
    found = [v for v in reading.latest(desk.session, desk.currency or None) if v.experiment == experiment]
    return [view for view in found if view.currency == found[0].currency]


def _kept_line(head: str, view: ProofView, with_rates: bool) -> Line:
    numbers, rates = view.numbers, _rates(view.cancelled) if with_rates else ()
    ends = (numbers.lower_minor, numbers.upper_minor) if numbers else (None, None)
    amounts = _amounts(view.currency, view.net_kept, *ends)
    return Line(head, (view.treated, view.held_out, *amounts, *rates, view.words))


def _year_line(view: ProofView, with_rates: bool) -> Line:
    year, rates = view.year, _rates(None) if with_rates else ()
    assert year is not None
    amounts = _amounts(view.currency, year.net_kept, year.lower_minor, year.upper_minor)
    least = min(year.treated, year.held_out)
    counted = f"n = {least} of {ENOUGH}; " if least < ENOUGH else ""
    said = f"{counted}secondary, no verdict; through {year.closed_through}"
    return Line("365 days", (year.treated, year.held_out, *amounts, *rates, said))


def _amounts(
    currency: str, kept: NetKept | None, lower_minor: int | None, upper_minor: int | None
) -> tuple[Cell, ...]:
    """Received, in kind, what would have come anyway, the interval, net, and the discount beside it."""
    if kept is None or lower_minor is None or upper_minor is None:
        return (None,) * 7
    parts = kept.parts
    known = (parts.received_minor, parts.in_kind_minor, kept.control_minor, lower_minor, upper_minor)
    return tuple(Money(minor, currency) for minor in (*known, kept.net_minor, parts.discount_minor))


def _rates(found: Cancelled | None) -> tuple[Cell, ...]:
    """In percent."""
    shares = (found.treated, found.held_out, found.save_rate_net) if found else (None, None, None)
    return tuple(None if share is None else round(share * 100, 1) for share in shares)


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
