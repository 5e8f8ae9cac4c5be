"""The save-offers: what the catalogue says, what is left of its budgets, what it would cost."""

from __future__ import annotations

from typing import Annotated

import typer

from app.bootstrap import build
from app.cli.output import say, table
from app.offers import budget
from app.offers.forecasting import forecast_of
from app.offers.rules.forecast import Forecast
from app.offers.rules.policy import Offer
from app.offers.states import OfferKind
from app.stats.tables import money_words

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command("list")
def list_() -> None:
    """Every offer in words, who leads to it, and what is left of its budget this month."""
    application = build(make_secret=True)
    catalogue, policy, now = application.config.offers, application.config.cancellation, application.clock()
    currencies = sorted({c for offer in catalogue.values() for c in offer.budget_minor})
    with application.db.read() as session:
        found = {
            c: budget.left(session, catalogue, list(catalogue), c, now=now) for c in currencies or ["usd"]
        }
    lines = []
    for name, offer in catalogue.items():
        reasons = [key for key, reason in policy.reasons.items() if name in reason.offers]
        money = [
            money_words(b.left_minor, c) for c in currencies if (b := found[c][name]).left_minor is not None
        ]
        grants = next(iter(found.values()))[name].left_grants
        left = [*money, *([f"{grants} grants"] if grants is not None else [])]
        lines.append((name, in_words(offer), " ".join(reasons) or "-", ", ".join(left) or "no limit"))
    if not lines:
        say("there is no [offers] table in reclaim.toml")
    table(("offer", "what", "answers", "left this month"), lines)


@app.command()
def cost(
    accept_rate: Annotated[float, typer.Option(min=0, max=1, help="share of those shown who accept")] = 0.25,
) -> None:
    """What each offer would cost a month, by the subscriptions that are active now; before you publish it."""
    application = build(make_secret=True)
    with application.db.read() as session:
        found = forecast_of(
            session, application.config.offers, accept_rate=accept_rate, now=application.clock()
        )
    say(basis(found))
    table(
        ("offer", "eligible now", "grants a month", "cost a month", "budget", ""),
        (
            (
                line.offer,
                line.eligible,
                f"{line.grants:.1f}",
                ", ".join(money_words(m.amount_minor, m.currency) for m in line.cost) or "nothing",
                ", ".join(money_words(a, c) for c, a in sorted(line.budget.items())) or "no limit",
                f"beyond the budget in {', '.join(line.over)}" if line.over else "",
            )
            for line in found.lines
        ),
    )


def basis(found: Forecast) -> str:
    """What the figures rest on, said with them."""
    source = (
        "as in the last 90 days" if found.leaving.source == "history" else "an assumed 3% (too few have left)"
    )
    return (
        f"{found.active} active subscriptions; {found.leaving.a_month:.1f} ask to leave a month, {source}; "
        f"{found.accept_rate:.0%} of those shown accept. Each offer as if it were the only one; discounts in force "
        "are not known here."
    )


def in_words(offer: Offer) -> str:
    """`3 months at 50% off`, `a pause of 1 month`."""
    months = f"{offer.months} month{'s' if (offer.months or 0) > 1 else ''}"
    amounts = " or ".join(money_words(a, c) for c, a in sorted(offer.amount_minor.items()))
    match offer.kind:
        case OfferKind.FREE_MONTHS:
            return f"{months} free"
        case OfferKind.PERCENT_OFF:
            return f"{months} at {offer.percent:g}% off"
        case OfferKind.AMOUNT_OFF:
            return f"{months} at {amounts} off"
        case OfferKind.PAUSE:
            return f"a pause of {months}"
        case OfferKind.UPGRADE:
            return f"{offer.plan_name} for {months} at the old price"
        case OfferKind.SWITCH_PLAN:
            return f"a switch to {offer.plan_name}"
        case OfferKind.EXTEND_TRIAL:
            return f"{offer.days} more days of trial"
        case OfferKind.TALK:
            return "a talk with a person"
        case OfferKind.REDIRECT:
            return f"the way to {offer.url}"
