"""Cards about to expire: what a plain rule would have sent, what went, and why the rest did not."""

from __future__ import annotations

from typing import Any

from app.cases.states import CaseKind, CaseState
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.charts import Chart, Series, Shape
from app.ops.dashboard.desk import Desk, Filter, Section
from app.ops.sheets import Column, Line, Sheet
from app.stats.cancellations_rules import Share
from app.stats.expiring import WORDS, report

LIST_LENGTH = 8
NOTHING = "Nothing yet: no card that is charged ends in this time, or the cards were not looked at yet."


def notices(desk: Desk) -> Sheet:
    found = report(desk.session, desk.window)
    told = [
        ("A plain rule of 30, 14 and 3 days would have sent", found.plain),
        ("of these, sent", found.sent),
        ("of these, left out", found.left_out.total()),
        ("of these, still to be decided", found.pending),
        ("Notices that went out in all", found.went_out),
    ]
    return Sheet(
        title="Notices",
        head="What",
        columns=(Column(head="Notices"), Column(head="Of the plain rule's")),
        lines=[
            Line(what, (count, Share(count, found.plain) if what.startswith("of") else None))
            for what, count in told
        ]
        if found.plain or found.went_out
        else [],
        empty=NOTHING,
        notes=("Also counted in all: notices before a charge of which no plain rule would have told.",),
    )


def left_out(desk: Desk) -> Sheet:
    found = report(desk.session, desk.window).left_out.most_common()
    return Sheet(
        title="Why nobody was bothered",
        head="Reason",
        columns=(Column("expiring.left_out"),),
        lines=[Line(WORDS[reason], (count,)) for reason, count in found],
        empty=NOTHING,
        chart=Chart(
            Shape.LYING,
            tuple(reason.replace("_", " ") for reason, _ in found),
            (Series("Left out", tuple(float(count) for _, count in found)),),
            "Notices that were left out, by reason.",
        ),
    )


def _cases(desk: Desk) -> dict[str, Any]:
    found, _ = page_of_cases(
        desk.session, kind=CaseKind.EXPIRING_CARD, state=CaseState.OPEN, limit=LIST_LENGTH
    )
    return {"lines": lines_of(desk.session, found), "kind": CaseKind.EXPIRING_CARD}


SECTION = Section(
    name="expiring",
    title="Expiring cards",
    about="A notice is sent only where the next charge would fail. Everything else is counted with its reason.",
    sheets={"notices": notices, "reason": left_out},
    filters=frozenset({Filter.PERIOD}),
    template="cases_section.html",
    more=_cases,
)
