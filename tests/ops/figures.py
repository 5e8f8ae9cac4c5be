"""The figures of a middling business over fourteen months, as roll-ups and looks; nothing behind them. For pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.core.db import Database
from app.expiring.models import NOTICE
from app.proof.models import Proof, Survival
from app.stats.cancellations_raw import CANCELLATIONS
from app.stats.cancellations_rules import CancelFigures
from app.stats.expiring_raw import NOTICES, NoticeFigures
from app.stats.mail_raw import MAILS
from app.stats.mail_rules import MailFigures
from app.stats.names import PlanName
from app.stats.offers_raw import OFFERS
from app.stats.offers_rules import OfferFigures
from app.stats.recovery_raw import RECOVERY
from app.stats.renewals_raw import CYCLES, ENDS
from app.stats.renewals_rules import RenewalFigures
from app.stats.retention_raw import JOINED, LEFT
from app.stats.retention_rules import Joins, Leaves
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import Rollup, RollupState
from app.stats.rollups.spans import Span
from app.stats.rules import Figures
from app.stats.waits import WAITS
from app.stats.waits_rules import BANDS, WaitFigures
from app.stats.winback_raw import WINBACK
from app.stats.winback_rules import WinbackFigures
from tests.ops.seed import NOW

MONTHS = [date(2025 + (8 + n) // 12, (8 + n) % 12 + 1, 1) for n in range(15)]
PRICES = {
    "price_team": ("Team, monthly", 4900),
    "price_solo": ("Solo, monthly", 1900),
    "price_year": ("Team, yearly", 49900),
}
CLASSES = {
    "soft_funds": 0.71,
    "soft_generic": 0.58,
    "card_data": 0.52,
    "hard": 0.33,
    "action": 0.66,
    "technical": 0.92,
}
REASONS = {
    "too_expensive": 0.28,
    "not_using": 0.2,
    "missing_feature": 0.08,
    "poor_service": 0.1,
    "temporary": 0.3,
    "elsewhere": 0.0,
}


LEFT_OUT = {"updated_by_updater": 30, "still_valid": 22, "wallet": 14, "backup": 6, "told": 4}


def fill_figures(db: Database) -> None:
    """Every report of the worker as if it had been kept for fourteen months; the same every time."""
    dice = random.Random(11)
    with db.write() as session:
        for report, rows in (
            (NOTICES, _notices(dice)), (RECOVERY, _recovery(dice)), (WAITS, _waits(dice)), (MAILS, _mails(dice)),
            (CANCELLATIONS, _cancellations(dice)), (OFFERS, _offers(dice)), (WINBACK, _winback(dice)),
            (JOINED, _joined(dice)), (LEFT, _left(dice)), (CYCLES, _cycles(dice)), (ENDS, _ends(dice)),
        ):  # fmt: skip
            _put(session, report, list(rows))
        for report in REPORTS:
            session.merge(RollupState(report=report.name, turn=1, built_at=NOW))
        for price, (label, _) in PRICES.items():
            session.merge(PlanName(plan=price, name=label))
        session.add_all(_looks())
        session.add_all(_curves())


Rows = Iterator[tuple[date, tuple[str, ...], Any]]


def _put(session: Session, report: Rollup[Any], rows: list[tuple[date, tuple[str, ...], Any]]) -> None:
    sums: dict[tuple[date, tuple[str, ...]], Any] = {}
    for month, dims, figures in rows:
        sums[month, dims] = sums[month, dims] + figures if (month, dims) in sums else figures
    session.execute(delete(report.table))
    session.execute(
        insert(report.table),
        [
            {
                "span": span.value,
                "day": month if span is Span.MONTH else month + timedelta(days=8),
                **dict(zip(report.dims, dims, strict=True)),
                **{f.name: getattr(figures, f.name) for f in fields(figures)},
            }
            for (month, dims), figures in sums.items()
            for span in Span
        ],
    )


def _open(month: date) -> bool:
    return month >= date(2026, 11, 1)


def _recovery(dice: random.Random) -> Rows:
    for month, currency, (name, good), price in product(MONTHS, ("usd", "eur"), CLASSES.items(), PRICES):
        for step in range(4):
            count = dice.randint(0, 5 if currency == "usd" else 2)
            due = PRICES[price][1]
            recovered = sum(dice.random() < good for _ in range(count)) if not _open(month) else count // 3
            rest = count - recovered
            still = rest if _open(month) else 0
            lost = (rest - still) * 3 // 4
            yield month, (currency, "renewal", name, "dunning-2f6d01", str(step), price), Figures(
                at_risk_count=count, at_risk_minor=count * due,
                recovered_count=recovered, recovered_minor=recovered * due,
                silent_count=recovered if step == 0 else 0,
                silent_minor=recovered * due if step == 0 else 0,
                silent_at_risk_minor=recovered * due if step == 0 else 0,
                open_count=still, open_minor=still * due, lost_count=lost, lost_minor=lost * due,
                ended_count=rest - still - lost, ended_minor=(rest - still - lost) * due,
            )  # fmt: skip


def _waits(dice: random.Random) -> Rows:
    for month, currency, (place, (least, _)) in product(MONTHS, ("usd", "eur"), enumerate(BANDS)):
        count = dice.randint(0, (26, 18, 22, 14, 9, 2)[place])
        yield month, (currency, "renewal", str(least)), WaitFigures(count, count * 4900)


def _mails(dice: random.Random) -> Rows:
    for month, campaign in product(MONTHS, ("dunning", "expiring_card", "winback", "other")):
        sent = dice.randint(60, 340)
        name = NOTICE if campaign == "expiring_card" else campaign
        yield month, (campaign, name), MailFigures(
            sent=sent, failed=dice.randint(0, 4), unknown=int(dice.random() < 0.1), bounced=dice.randint(0, 9),
            hard=dice.randint(0, 3), complained=int(dice.random() < 0.06), unsubscribed=dice.randint(0, 3),
        )  # fmt: skip


def _cancellations(dice: random.Random) -> Rows:
    for month, (reason, saved), price in product(MONTHS, REASONS.items(), PRICES):
        cases = dice.randint(1, 7)
        kept = sum(dice.random() < saved for _ in range(cases))
        ripe = kept if month < date(2026, 7, 1) else 0
        gone = cases - kept
        elsewhere = gone if reason == "elsewhere" else 0
        avoidable = (
            "unknown" if reason == "elsewhere" else "structural" if reason == "temporary" else "avoidable"
        )
        stay = ripe * 2 // 3
        yield month, ("usd", reason, price, dice.choice(("STRICT", "UK", "DE")), "standard", avoidable), CancelFigures(
            cases=cases, visits=cases, shown=cases - elsewhere, accepted=kept, saved=kept,
            cancelled=gone - elsewhere, elsewhere=elsewhere, kept_30=ripe, kept_60=stay, left_60=ripe - stay,
            kept_90=stay // 2, left_90=ripe - stay // 2,
        )  # fmt: skip


def _offers(dice: random.Random) -> Rows:
    kinds = {"pause_two_months": "pause", "half_price": "percent_off", "free_month": "free_months"}
    for month, (offer, kind), price in product(MONTHS, kinds.items(), PRICES):
        shown = dice.randint(3, 12)
        applied = dice.randint(0, shown // 3)
        ripe = applied if month < date(2026, 7, 1) else 0
        stay = ripe * 2 // 3
        due = PRICES[price][1]
        discount = applied * due // 2 if kind == "percent_off" else 0
        yield month, ("usd", offer, kind, "too_expensive", price, "STRICT", "standard"), OfferFigures(
            shown=shown, accepted=applied, applied=applied, declined=shown - applied,
            kept_30=ripe, kept_60=stay, left_60=ripe - stay, kept_90=stay // 2, left_90=ripe - stay // 2,
            cost_minor=discount, discount_minor=discount, received_minor=applied * due * 2,
        )  # fmt: skip


def _winback(dice: random.Random) -> Rows:
    for month, kind, reason in product(
        MONTHS, ("voluntary", "involuntary"), ("too_expensive", "not_using", "unknown")
    ):
        lapses = dice.randint(8, 24)
        held = lapses // 6
        offer = dice.randint(0, 2)
        page, natural = dice.randint(0, 2), dice.randint(0, 2)
        yield month, (kind, reason, str(dice.randint(0, 2)), "come_back", "price_team", "usd"), WinbackFigures(
            lapses=lapses, enrolled=lapses - held, held_out=held, mailed=lapses - held - 2,
            clicked=offer + page + 1, by_offer=offer, by_page=page, natural=natural,
            held_out_returned=int(dice.random() < 0.3), received_minor=(offer + page) * 4900 * 3,
            kept_30=offer + page, kept_60=page, left_60=offer,
        )  # fmt: skip


def _joined(dice: random.Random) -> Rows:
    yield date(2025, 8, 1), ("2025-08", "price_team", "month", "usd"), Joins(900)
    yield date(2025, 8, 1), ("2025-08", "price_year", "year", "usd"), Joins(220)
    for month in MONTHS:
        yield month, (f"{month:%Y-%m}", "price_team", "month", "usd"), Joins(dice.randint(40, 80))


def _left(dice: random.Random) -> Rows:
    for number, month in enumerate(MONTHS):
        yield month, ("2025-08", "price_team", "month", "usd"), Leaves(dice.randint(20, 34), 9, 6, 14)
        yield month, ("2025-08", "price_year", "year", "usd"), Leaves(2, 1, 1, 1)
        for joined in MONTHS[: number + 1]:
            share = 3 if joined != month else 1
            yield (
                month,
                (f"{joined:%Y-%m}", "price_team", "month", "usd"),
                Leaves(dice.randint(0, share), 1, 0, 0),
            )


def _cycles(dice: random.Random) -> Rows:
    for month in MONTHS:
        due = dice.randint(900, 1000)
        yield month, ("month", "price_team", "renewed", "usd"), RenewalFigures(renewed=due)
        yield month, ("year", "price_year", "renewed", "usd"), RenewalFigures(renewed=dice.randint(14, 20))
        yield (
            month,
            ("month", "price_team", "payment failed", "usd"),
            RenewalFigures(unpaid=dice.randint(8, 16)),
        )
        if _open(month):
            yield month, ("month", "price_team", "pending", "usd"), RenewalFigures(pending=21)


def _ends(dice: random.Random) -> Rows:
    for month, reason in product(MONTHS, ("too_expensive", "not_using", "no reason told")):
        yield month, ("month", "price_team", reason, "usd"), RenewalFigures(cancelled=dice.randint(4, 14))


def _notices(dice: random.Random) -> Rows:
    """As a plain rule would send them; most are left out."""
    for month in MONTHS:
        yield month, ("sent", "skipped"), NoticeFigures(dice.randint(4, 11))
        for reason, most in (
            ("updated_by_updater", 30),
            ("still_valid", 22),
            ("wallet", 14),
            ("backup", 6),
            ("told", 4),
        ):
            yield month, ("left_out", reason), NoticeFigures(dice.randint(0, most))
    yield MONTHS[-1], ("pending", "skipped"), NoticeFigures(9)


def _curves() -> Iterator[Survival]:
    """Held-out customers are few, and leave a little sooner."""
    for after, monthly in (("visit", 0.16), ("save", 0.12), ("return", 0.09), ("recovery", 0.05)):
        for held_out in (False, True):
            n, rate = (42, monthly * 1.25) if held_out else (180, monthly)
            steps = [[float(day), (1 - rate) ** (day / 30)] for day in range(0, 330, 9 if held_out else 3)]
            at_risk = [
                round(n * (1 - rate) ** (day / 30) * (1 - day / 400)) for day in (0, 30, 60, 90, 180, 365)
            ]
            yield Survival(
                after=after, held_out=held_out, n=n, ended=n // 2, steps=steps, at_risk=at_risk, made_at=NOW,
                compared=n, logrank_p=monthly * 2,
            )  # fmt: skip


def _looks() -> Iterator[Proof]:
    """Late payments prove themselves slowly; win-back has too few; the cancel page is not proven yet."""
    for number in range(4, 14):
        n = 38 * number
        at_risk = n * 4 // 5 * 4100
        half = 0.62 / number**0.5
        tau = 0.14 + (0.05 if number % 2 else -0.02) / number
        low, high = tau - half, tau + half
        yield _look("dunning", "minimal", MONTHS[number - 1], n * 4 // 5, n // 5, at_risk, tau, half,
                    "proven" if low > 0 else "proven_harm" if high < 0 else "not_yet", 38.0)  # fmt: skip
    yield _look("cancellation", "no_offer", MONTHS[10], 240, 61, 240 * 12_000, 0.03, 0.11, "not_yet", 27.0)
    yield _look("winback", "no_mail", MONTHS[10], 118, 21, None, None, None, "not_enough", 13.0)


def _beside(collected: int) -> dict[str, Any]:
    """What is secondary of the cancel page."""
    year = {"closed_through": "2025-11", "treated": 64, "held_out": 14}
    return {
        "received_minor": collected + 84_000, "in_kind_minor": 84_000, "discount_minor": 262_500,
        "cancelled_treated": 0.47, "cancelled_held_out": 0.56, "year": year,
    }  # fmt: skip


def _look(
    experiment: str, control: str, month: date, treated: int, held_out: int, at_risk: int | None,
    tau: float | None, half: float | None, verdict: str, per_month: float,
) -> Proof:  # fmt: skip
    at = datetime(month.year, month.month, 2, 4, tzinfo=UTC) + timedelta(days=61)
    known = at_risk is not None and tau is not None and half is not None
    names = ("at_risk", "collected", "incremental", "lower", "upper")
    money: dict[str, Any] = dict.fromkeys(f"{name}_minor" for name in names) | {"at_risk_minor": at_risk}
    if at_risk is not None and tau is not None and half is not None:
        money |= {
            "collected_minor": round(at_risk * 0.61),
            "incremental_minor": round(at_risk * tau),
            "lower_minor": round(at_risk * (tau - half)),
            "upper_minor": round(at_risk * (tau + half)),
        }
        if experiment == "cancellation":
            money |= _beside(round(at_risk * 0.61))
    cohorts = [
        {"month": f"{m:%Y-%m}", "treated": treated // 14, "held_out": held_out // 14, "closed": m <= month}
        for m in MONTHS
    ]
    arms = {
        "treated": treated,
        "held_out": held_out,
        "treated_bad": treated // 40,
        "held_out_bad": held_out // 38,
    }
    return Proof(
        experiment=experiment, control=control, currency="usd", look_at=at, looked_at=NOW,
        closed_through=f"{month:%Y-%m}", cohorts=cohorts, treated=treated, held_out=held_out, verdict=verdict,
        **money, tau=tau, half=half, sd=0.5 if known else None, per_month=per_month if known else None,
        effect=0.08 if known else None, months=9 if known else None, ratio_p=0.62,
        self_check_covered=97 if known else None, self_check_passed_at=NOW - timedelta(days=3) if known else None,
        reminders=treated * 2, recovered=treated * 3 // 5,
        guardrails={
            "complaints": {"alarm": "none", "sent": treated * 2, "complained": 1, "unsubscribed": 3,
                           "lower": 0.0, "upper": 0.012},
            **({"cancellations": {"alarm": "none", **arms}, "returned_money": {"alarm": "none", **arms}}
               if experiment == "dunning" else {}),
        },
    )  # fmt: skip
