"""The portal's single steps, each a page with one form: card, cancellation, plan, pause, details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from sandbox.errors import invalid
from sandbox.pages.layout import card_fields, hidden, money, problem_box, radio, text_field
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import period_end

REASONS = {
    "too_expensive": "It is too expensive", "missing_features": "I need more features",
    "switched_service": "I found something else", "unused": "I do not use it enough",
    "customer_service": "Customer service", "too_complex": "It is too complicated",
    "low_quality": "The quality is not good enough", "other": "Another reason",
}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """Somebody on a portal page: the session, its customer, what the configuration offers."""

    session: Obj
    customer: Obj
    features: Obj

    @property
    def path(self) -> str:
        return f"/portal/{self.session['id']}"

    @property
    def flow(self) -> Obj:
        return self.session["flow"] or {}


Step = Callable[[State, Visit, Obj | None, str | None], tuple[str, str]]


def offered_prices(visit: Visit) -> list[str]:
    products = visit.features["subscription_update"]["products"] or []
    return [price for product in products for price in product["prices"]]


def described(state: State, subscription: Obj) -> str:
    """What is subscribed to and for how much."""
    item = subscription["items"]["data"][0]
    return described_price(state, item["price"], item["quantity"])


def described_price(state: State, price: Obj, quantity: int | None = 1) -> str:
    product = state.find("product", price["product"])
    recurring = price["recurring"] or {}
    count = recurring.get("interval_count", 1)
    every = recurring.get("interval", "") if count == 1 else f"{count} {recurring.get('interval')}s"
    amount = money(int(price["unit_amount"] or 0) * (quantity or 1), price["currency"])
    return f"{product['name'] if product else price['id']}, {amount} every {every}"


def shown_card(state: State, visit: Visit) -> str:
    current = state.find("payment_method", visit.customer["invoice_settings"]["default_payment_method"])
    if not current or current["type"] != "card":
        return ""
    card = current["card"]
    valid = f"valid to {card['exp_month']}/{card['exp_year']}"
    return f"<p>Now: {escape(card['brand'])} ending {card['last4']}, {valid}</p>"


def _form(visit: Visit, action: str, button: str, inner: str, subscription: Obj | None = None) -> str:
    kept = hidden(subscription=subscription["id"]) if subscription else ""
    return (
        f'<form method="post" action="{visit.path}">{kept}{inner}'
        f'<button name="do" value="{action}">{escape(button)}</button></form>'
    )


def _card(state: State, visit: Visit, subscription: Obj | None, problem: str | None) -> tuple[str, str]:
    form = _form(visit, "payment_method_update", "Use this card from now on", card_fields())
    who = f'<p class="soft">{escape(visit.customer["email"] or "")}</p>'
    return "Your card", f"<h1>Your card</h1>{who}{shown_card(state, visit)}{problem_box(problem)}{form}"


def _needed(subscription: Obj | None) -> Obj:
    if subscription is None:
        raise invalid("No such subscription.", param="subscription", status=404)
    return subscription


def _cancel(state: State, visit: Visit, subscription: Obj | None, problem: str | None) -> tuple[str, str]:
    from sandbox.pages.portal_home import (
        day,
    )  # the home page draws with this module, so the edge back is late

    found = _needed(subscription)
    feature = visit.features["subscription_cancel"]
    when = "at once" if feature["mode"] == "immediately" else f"on {day(period_end(found))}"
    asked = feature["cancellation_reason"]
    fields = ""
    if asked["enabled"]:
        choices = "".join(
            f'<label class="choice"><input type="radio" name="feedback" value="{name}">'
            f"<span>{escape(REASONS.get(name, name))}</span></label>"
            for name in asked["options"]
        )
        fields = f"<fieldset><legend>Why do you leave?</legend>{choices}</fieldset>" + text_field(
            "comment", "Comment"
        )
    retention = (visit.flow.get("subscription_cancel") or {}).get("retention")
    offer = ""
    if retention:
        coupon = state.get("coupon", retention["coupon_offer"]["coupon"])
        offer = f"<p>Stay, and get {escape(_worth(coupon))} off.</p>"
        offer += _form(visit, "accept_offer", "Take the offer", "", found)
    form = _form(visit, "subscription_cancel", "Cancel subscription", fields, found)
    text = (
        f"<h1>Cancel your subscription</h1><p>{escape(described(state, found))}. It ends {escape(when)}.</p>"
    )
    return "Cancel", text + problem_box(problem) + offer + form


def _worth(coupon: Obj) -> str:
    if coupon["percent_off"] is not None:
        return f"{coupon['percent_off']:g} %"
    return money(coupon["amount_off"], coupon["currency"])


def _plan(state: State, visit: Visit, subscription: Obj | None, problem: str | None) -> tuple[str, str]:
    found = _needed(subscription)
    current = found["items"]["data"][0]["price"]["id"]
    prices = [state.get("price", price) for price in offered_prices(visit) if price != current]
    choices = "".join(radio("price", price["id"], escape(described_price(state, price))) for price in prices)
    text = f"<h1>Change your plan</h1><p>Now: {escape(described(state, found))}</p>{problem_box(problem)}"
    if not prices:
        return "Change plan", f"{text}<p>There is no other plan.</p>"
    form = _form(visit, "subscription_update", "Change plan", f"<fieldset>{choices}</fieldset>", found)
    return "Change plan", text + form


def _confirm_plan(
    state: State, visit: Visit, subscription: Obj | None, problem: str | None
) -> tuple[str, str]:
    found = _needed(subscription)
    wanted = visit.flow["subscription_update_confirm"]["items"]
    shown = "".join(
        f"<p>New: {escape(described_price(state, state.get('price', entry['price']), entry['quantity'] or 1))}</p>"
        for entry in wanted
        if entry["price"]
    )
    text = f"<h1>Confirm your new plan</h1><p>Now: {escape(described(state, found))}</p>{shown}"
    form = _form(visit, "subscription_update_confirm", "Confirm", "", found)
    return "Confirm plan", text + problem_box(problem) + form


def _pause(state: State, visit: Visit, subscription: Obj | None, problem: str | None) -> tuple[str, str]:
    found = _needed(subscription)
    text = f"<h1>Pause your subscription</h1><p>{escape(described(state, found))}</p>{problem_box(problem)}"
    return "Pause", text + _form(visit, "subscription_pause", "Pause now", "", found)


def _details(state: State, visit: Visit, subscription: Obj | None, problem: str | None) -> tuple[str, str]:
    allowed = visit.features["customer_update"]["allowed_updates"]
    fields = "".join(
        text_field(name, label, visit.customer[name] or "")
        for name, label in (("name", "Name"), ("email", "Email"))
        if name in allowed
    )
    form = _form(visit, "customer_update", "Save", fields)
    return "Your details", f"<h1>Your details</h1>{problem_box(problem)}{form}"


STEPS: dict[str, Step] = {
    "customer_update": _details,
    "payment_method_update": _card,
    "subscription_cancel": _cancel,
    "subscription_pause": _pause,
    "subscription_update": _plan,
    "subscription_update_confirm": _confirm_plan,
}
