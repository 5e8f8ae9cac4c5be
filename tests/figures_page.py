"""docs/figures.md out of the registry of figures: `python -m tests.figures_page` writes it anew."""

from __future__ import annotations

from pathlib import Path

from app.stats.definitions import DEFINITIONS, Definition

PAGE = Path(__file__).parent.parent / "docs" / "figures.md"

HEAD = """# Figures

What every number means, as the dashboard says it beside the number. This page is made from `app/stats/definitions.toml`
(`python -m tests.figures_page`), and a test compares each formula with the function that computes it.

Money is in minor units of one currency; nothing is ever summed or converted across currencies. A month is one of UTC. A
rate stands beside its two parts. No figure credits a payment to the mail that went before it; only the comparison with
customers who were left alone by lot ([proof.md](proof.md)) says what a campaign brought.
"""

SECTIONS = {
    "recovery": "Failed payments: one late invoice, in the month of its first failure for ever",
    "proof": "Proof: treated against held out, closed cohorts, one report a currency",
    "money": "Net revenue kept",
    "retention": "Retention: of the paying customers at the start",
    "renewals": "Renewals: one term of one subscription, in the month in which it ends",
    "cancellations": "Cancellations: one case, in the month in which it was opened",
    "offers": "Offers: one offer shown to one customer, in the month in which it was shown",
    "winback": "Win-back: one lapse, in the month in which the subscription ended",
    "mail": "Mails: in the month in which each was settled",
    "expiring": "Expiring cards: one notice that a plain rule would send",
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(name, title) for name, title in SECTIONS.items())])


def _section(name: str, title: str) -> str:
    lines = [f"## {title}", "| figure | formula | what it says |", "| --- | --- | --- |"]
    lines += [_line(d) for d in DEFINITIONS.values() if d.section == name]
    return "\n".join(lines) + "\n"


def _line(told: Definition) -> str:
    return f"| {told.title} | {told.formula} | {told.words} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
