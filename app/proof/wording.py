"""The lines of a report, in words; pages and mails say the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.proof.reading import ProofView
from app.proof.rules.told import NetKept
from app.proof.rules.verdict import ENOUGH, MUST_COVER
from app.stats.tables import money_words

CONTROLS = {
    "minimal": "one plain notice, the notice before access ends, and the provider's own retries",
    "platform": "the provider's own mails and retries, and the notice before access ends",
    "no_offer": "the plain cancel page",
    "no_mail": "no win-back mail",
}
"""What each control arm still gets."""

TITLES = {"dunning": "Late payments", "cancellation": "Cancel page", "winback": "Win-back"}


def title(view: ProofView) -> str:
    return f"{TITLES.get(view.experiment, view.experiment)}, {view.currency.upper()}"


def counts_line(view: ProofView) -> str:
    """`Since 2026-06, closed cohorts: 214 customers (171 treated, 43 held out; control = minimal)`."""
    whole = view.treated + view.held_out
    since = f"Since {view.since}, closed cohorts" if view.since else "No cohort has closed yet"
    counts = f"{whole:,} customers ({view.treated:,} treated, {view.held_out:,} held out; control = {view.control})"
    return f"{since}: {counts}"


def open_line(view: ProofView) -> str | None:
    """Who is in no number yet."""
    if not view.open_customers:
        return None
    months = [c.month for c in view.cohorts if not c.closed]
    return f"Still watched: {view.open_customers:,} customers since {months[0]}, in no number yet"


SECONDARY = "Secondary, no verdict"


def net_kept_line(view: ProofView) -> str | None:
    """`Net revenue kept: received $30.00 - in kind $0.00 - would have come anyway $20.00 = $10.00; discount $3.00, ...`
    or None where it is not measured."""
    return f"Net revenue kept: {_parts(view.net_kept, view.currency)}" if view.net_kept else None


def _parts(found: NetKept, currency: str) -> str:
    def money(minor: int) -> str:
        return money_words(minor, currency)

    parts = found.parts
    taken = f"received {money(parts.received_minor)} - in kind {money(parts.in_kind_minor)}"
    net = f"{taken} - would have come anyway {money(found.control_minor)} = {money(found.net_minor)}"
    return f"{net}; discount {money(parts.discount_minor)}, missing from received already"


def secondary_lines(view: ProofView) -> list[str]:
    """Who cancelled, and a whole year: each says that it decides nothing."""
    lines = []
    if found := view.cancelled:
        rate = found.save_rate_net
        net = "none" if rate is None else f"{rate * 100:.1f} %"
        rates = f"treated {found.treated * 100:.1f} %, held out {found.held_out * 100:.1f} %"
        lines.append(f"{SECONDARY}: save rate net {net} (cancelled within 90 days: {rates})")
    if year := view.year:
        lines.append(f"{SECONDARY}: within 365 days, through {year.closed_through}: {_year_words(view)}")
    return lines


def _year_words(view: ProofView) -> str:
    year = view.year
    assert year is not None
    sizes = f"{year.treated:,} treated, {year.held_out:,} held out"
    if year.net_kept is None or year.lower_minor is None or year.upper_minor is None:
        least = min(year.treated, year.held_out)
        return f"n = {least} of {ENOUGH}" if least < ENOUGH else f"no number ({sizes})"
    lower, upper = (money_words(minor, view.currency) for minor in (year.lower_minor, year.upper_minor))
    return f"{sizes}; incremental [{lower} .. {upper}]; {_parts(year.net_kept, view.currency)}"


def guardrail_lines(view: ProofView) -> list[str]:
    """`complaints 0 of 188 (up to 4.29 %, always-valid)` and the others that are watched."""
    lines = []
    if (per := view.reminders_per_recovery) is not None:
        lines.append(f"{per:.1f} mails per recovery")
    if found := view.guardrails.get("cancellations"):
        lines.append(f"cancelled while late: {_two_arms(found)}")
    if found := view.guardrails.get("returned_money"):
        lines.append(f"paid and took it back: {_two_arms(found)}")
    if (found := view.guardrails.get("complaints")) and found["sent"]:
        lines.append(f"unsubscribed {_share(found['unsubscribed'], found['sent'])}")
        upper = f"up to {found['upper'] * 100:.2f} %, always-valid"
        lines.append(f"complaints {found['complained']} of {found['sent']:,} ({upper})")
    return [*lines, *(f"STOPPED: {name.replace('_', ' ')}" for name in stopped(view))]


def stopped(view: ProofView) -> list[str]:
    """Guardrails that are crossed now."""
    return [name for name, found in view.guardrails.items() if found["alarm"] == "stop"]


def checks_line(view: ProofView) -> str:
    """Whether the lot and the estimator may be trusted."""
    parts = [f"Sizes of the arms: p = {view.ratio_p:.2g}"]
    if view.self_check_covered is not None and view.self_check_covered < MUST_COVER:
        parts.append(
            f"A/A check NOT passed: {view.self_check_covered} of 100 intervals between equals include zero"
        )
    passed = view.self_check_passed_at
    parts.append(f"A/A check last passed {passed:%Y-%m-%d}" if passed else "A/A check never passed yet")
    return " · ".join([*parts, f"looked at {view.looked_at:%Y-%m-%d}"])


def _two_arms(found: Mapping[str, Any]) -> str:
    treated = _share(found["treated_bad"], found["treated"])
    return f"treated {treated}, held out {_share(found['held_out_bad'], found['held_out'])}"


def _share(happened: int, n: int) -> str:
    return f"{happened / n * 100:.1f} %" if n else "–"
