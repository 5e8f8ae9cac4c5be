"""The lines of a report, in words; pages and mails say the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.proof.reading import ProofView
from app.proof.rules.verdict import MUST_COVER

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
