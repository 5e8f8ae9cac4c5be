"""This month at a glance: what was at risk, what came, what needs a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.cases.states import CaseState
from app.contacts.states import Campaign
from app.core.money import Money
from app.ops import attention
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.dashboard import cancellations, dunning, mail, proof
from app.ops.dashboard.desk import Desk, Filter, Section
from app.ops.period import at_least
from app.ops.sheets import Cell, Sheet
from app.ops.tasks import page_of_tasks
from app.outbox.states import TaskState
from app.stats.cancellations_rules import Share
from app.stats.mail import MailBy, MailFigures, folded, rows
from app.stats.rules import By, Figures, mails_per_recovery

LIST_LENGTH = 6
PLOTTED = 12


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its name's definition and what stands below it."""

    means: str
    value: Cell
    hint: str
    kind: str = ""


def cards(desk: Desk) -> list[Card]:
    """The figures of the time. Nothing is said of money where none was ever late."""
    month = sum((row.figures for row in dunning.rows(desk, By.MONTH)), Figures())
    mails = {row.campaign: row.figures for row in folded(rows(desk.session, desk.window), MailBy.CAMPAIGN)}
    sent = sum(mails.values(), MailFigures())
    dunned = mails.get(Campaign.DUNNING, MailFigures()).sent

    def money(amount_minor: int) -> Money:
        return Money(amount_minor, desk.currency)

    return [
        Card(
            "recovery.at_risk", money(month.at_risk_minor), _count(month.at_risk_count, "renewal", "failed")
        ),
        Card(
            "recovery.recovered",
            money(month.recovered_minor),
            f"{_count(month.recovered_count, 'invoice', 'paid')}, all causes, not proof",
            "good",
        ),
        Card("recovery.rate", month.rate, "what is open counts as not collected"),
        Card("recovery.open", money(month.open_minor), _count(month.open_count, "invoice", "owed")),
        Card(
            "recovery.mails_per_recovery",
            mails_per_recovery(dunned, month.recovered_count),
            f"{_count(dunned, 'mail', 'sent')} about failed payments",
        ),
        Card(
            "mail.complained",
            sent.complained,
            f"of {sent.sent:,} mails, {_percent(Share(sent.complained, sent.sent))}",
            "bad" if sent.complained * 1000 >= max(1, sent.sent) else "",
        ),
    ]


def _count(number: int, one: str, what: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'} {what}"


def _percent(share: Share) -> str:
    return "nothing sent" if share.value is None else f"{share.value * 100:.2f} %"


def _twelve(desk: Desk) -> Desk:
    return Desk(desk.session, desk.place, at_least(desk.view, PLOTTED), desk.currency, desk.now)


def at_risk(desk: Desk) -> Sheet:
    return replace(dunning.by_month(_twelve(desk)), title="At risk, and what came of it")


def reasons(desk: Desk) -> Sheet:
    return replace(cancellations.SECTION.sheets["reason"](_twelve(desk)), title="Why customers leave")


def mails(desk: Desk) -> Sheet:
    return replace(mail.by_month(_twelve(desk)), title="Mails")


def _extra(desk: Desk) -> dict[str, Any]:
    session = desk.session
    held, _ = page_of_cases(session, state=CaseState.HELD, limit=LIST_LENGTH)
    found, _ = page_of_cases(session, state=CaseState.OPEN, limit=LIST_LENGTH)
    tasks, _ = page_of_tasks(session, state=TaskState.OPEN, limit=LIST_LENGTH)
    shown = cards(desk) if desk.currency else []
    blocks = proof.blocks(desk)
    return {
        "cards": shown,
        "blocks": blocks,
        "outlook": None if blocks else proof.outlook(desk),
        "share": desk.place.config.experiments.holdout_share,
        "named": [card.means for card in shown],
        "strip": attention.look(session),
        "lines": lines_of(session, [*held, *found][:LIST_LENGTH]),
        "tasks": tasks,
    }


SECTION = Section(
    name="glance",
    title="Overview",
    sheets={
        "proof": proof.now_sheet,
        "looks": proof.looks,
        "month": at_risk,
        "reasons": reasons,
        "mails": mails,
    },
    filters=frozenset({Filter.PERIOD, Filter.CURRENCY}),
    template="dashboard.html",
    months=1,
    more=_extra,
)
