"""The portal's home page: subscriptions, payment method, invoices."""

from __future__ import annotations

from html import escape

from sandbox.billing_portal.acting import running
from sandbox.clock import as_datetime
from sandbox.pages.layout import hidden, money, problem_box
from sandbox.pages.portal_steps import Visit, described, shown_card
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import period_end

SHOWN_INVOICES = 12


def draw(state: State, visit: Visit, problem: str | None) -> tuple[str, str]:
    subscriptions = "".join(_subscription(state, visit, row) for row in running(state, visit.customer))
    content = f"""<h1>Your subscription</h1><p class="soft">{escape(visit.customer["email"] or "")}</p>
{problem_box(problem)}{subscriptions or "<p>There is no running subscription.</p>"}{_method(state, visit)}
{_invoices(state, visit)}{_details(visit)}"""
    return "Your subscription", content


def _subscription(state: State, visit: Visit, subscription: Obj) -> str:
    on = {name: feature["enabled"] for name, feature in visit.features.items()}
    buttons = ""
    if subscription["cancel_at"] is not None:
        when = f"Ends on {day(subscription['cancel_at'])}"
        buttons += (
            _button(visit, subscription, "do", "keep", "Do not cancel") if on["subscription_cancel"] else ""
        )
    elif subscription["status"] == "paused":
        when = "Paused"
        buttons += _button(visit, subscription, "do", "resume", "Resume") if on["subscription_pause"] else ""
    else:
        when = f"Next payment on {day(period_end(subscription))}"
        for feature, label in (("subscription_update", "Change plan"), ("subscription_pause", "Pause"),
                               ("subscription_cancel", "Cancel subscription")):  # fmt: skip
            buttons += _button(visit, subscription, "show", feature, label) if on[feature] else ""
    return f"<h2>{escape(described(state, subscription))}</h2><p>{escape(when)}</p>{buttons}"


def _button(visit: Visit, subscription: Obj, kind: str, name: str, label: str) -> str:
    fields = hidden(subscription=subscription["id"])
    return (
        f'<form method="post" action="{visit.path}">{fields}'
        f'<button class="quiet" name="{kind}" value="{name}">{escape(label)}</button></form>'
    )


def _method(state: State, visit: Visit) -> str:
    change = ""
    if visit.features["payment_method_update"]["enabled"]:
        change = (
            f'<form method="post" action="{visit.path}"><button class="quiet" name="show"'
            f' value="payment_method_update">Change card</button></form>'
        )
    return f"<h2>Payment method</h2>{shown_card(state, visit) or '<p>None saved</p>'}{change}"


def _invoices(state: State, visit: Visit) -> str:
    """The latest ones, each a link to its own page."""
    if not visit.features["invoice_history"]["enabled"]:
        return ""
    rows = [row for row in state.rows("invoice") if row["customer"] == visit.customer["id"] and row["number"]]
    links = "".join(
        f'<a class="link" href="{escape(row["hosted_invoice_url"])}">{escape(row["number"])} · '
        f"{escape(money(row['total'], row['currency']))} · {escape(row['status'])}"
        f'<span class="soft">{day(row["created"])}</span></a>'
        for row in reversed(rows[-SHOWN_INVOICES:])
    )
    return f"<h2>Invoices</h2>{links or '<p>None yet</p>'}"


def _details(visit: Visit) -> str:
    if not visit.features["customer_update"]["enabled"]:
        return ""
    return (
        f'<form method="post" action="{visit.path}"><button class="quiet" name="show"'
        f' value="customer_update">Change name or email</button></form>'
    )


def day(instant: int) -> str:
    return as_datetime(instant).strftime("%-d %B %Y")
