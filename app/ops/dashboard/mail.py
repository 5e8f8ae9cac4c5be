"""Mail health: what left, what came back, and which campaigns have stopped."""

from __future__ import annotations

from collections.abc import Sequence

from app.contacts.states import Campaign
from app.feedback.repository import stopped
from app.ops.charts import Chart, Series, Shape, Tone
from app.ops.dashboard.desk import Desk, Filter, Section
from app.ops.pages import utc, words
from app.ops.period import every_month
from app.ops.sheets import Column, Line, Sheet
from app.stats.cancellations_rules import Share
from app.stats.mail import TOTAL, MailBy, MailFigures, MailRow, folded, rows

COUNTS = ("sent", "failed", "unknown", "bounced", "hard", "complained", "unsubscribed")
COLUMNS = (*(Column(f"mail.{name}") for name in COUNTS), Column("mail.complaint_share"))
NOTHING = (
    "Nothing yet: no mail left in this time. Is sending switched on? The command reclaim doctor says so."
)
LIMITS = (
    "Complaints: below 0.1 % is good; from 0.3 % on mailbox providers refuse, and the campaign stops before."
)


def _rows(desk: Desk) -> list[MailRow]:
    wanted = desk.view.campaign
    return [row for row in rows(desk.session, desk.window) if wanted in (None, row.campaign)]


def _line(head: str, f: MailFigures) -> Line:
    return Line(head, (*(getattr(f, name) for name in COUNTS), Share(f.complained, f.sent)))


def by_month(desk: Desk) -> Sheet:
    """Newest first in the table, oldest first in the plot."""
    found = every_month(
        folded(_rows(desk), MailBy.MONTH),
        lambda row: row.month,
        lambda month: MailRow(month, TOTAL, MailFigures()),
    )
    return Sheet(
        title="By month",
        head="Month",
        columns=COLUMNS,
        lines=[_line(row.month, row.figures) for row in reversed(found)],
        empty=NOTHING,
        notes=("Each mail in the month it was handed over, also if it bounced later.", LIMITS),
        chart=Chart(
            Shape.STACKED,
            tuple(row.month for row in found),
            _came_back(found),
            "Mails that stayed there and mails that came back, in each month.",
            months=True,
        ),
    )


def _came_back(found: Sequence[MailRow]) -> tuple[Series, ...]:
    good = tuple(float(max(0, row.figures.sent - row.figures.bounced)) for row in found)
    return (
        Series("Taken over", good),
        Series("Bounced", tuple(float(row.figures.bounced) for row in found)),
        Series("Failed", tuple(float(row.figures.failed) for row in found), Tone.BAD),
    )


def by_campaign(desk: Desk) -> Sheet:
    found = folded(_rows(desk), MailBy.CAMPAIGN)
    return Sheet(
        title="By campaign",
        head="Campaign",
        columns=COLUMNS,
        lines=[_line(words(row.campaign), row.figures) for row in found],
        empty=NOTHING,
    )


def brakes(desk: Desk) -> Sheet:
    """Campaigns that complaints have stopped."""
    return Sheet(
        title="Stopped campaigns",
        head="Campaign",
        columns=(Column(head="Stopped", text=True), Column(head="Reason", text=True)),
        lines=[
            Line(words(b.campaign), (f"{utc(b.stopped_at)} UTC" if b.stopped_at else None, b.reason))
            for b in stopped(desk.session)
        ],
        empty="None is stopped.",
    )


SECTION = Section(
    name="mail",
    title="Mail",
    about="Opens are not measured. Mails that were withheld (shadow, allowlist) are in none of the numbers.",
    sheets={"month": by_month, "campaign": by_campaign, "stopped": brakes},
    filters=frozenset({Filter.PERIOD, Filter.CAMPAIGN}),
    campaigns=lambda _: [(c.value, words(c.value).capitalize()) for c in Campaign],
)
