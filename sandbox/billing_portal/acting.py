"""What a customer does in the portal, carried out as the provider does it."""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.events.record import changing
from sandbox.routing import Call
from sandbox.setup_intents.objects import new_setup_intent, succeed
from sandbox.state import Obj, State
from sandbox.subscriptions.changing import change_subscription
from sandbox.subscriptions.pausing import pause_now, resume
from sandbox.subscriptions.standing import end_subscription

ENDED = ("canceled", "incomplete_expired")


def change_card(state: State, customer: Obj, method: Obj) -> None:
    """The new method is saved and becomes the customer's default; the subscriptions' own methods stay."""
    succeed(state, new_setup_intent(state, customer["id"], {}), method)
    with changing(state, customer, "customer.updated"):
        customer["invoice_settings"]["default_payment_method"] = method["id"]


def running(state: State, customer: Obj) -> list[Obj]:
    """The customer's subscriptions that have not ended."""
    ids = state.hidden.subscriptions_of_customer.get(customer["id"], [])
    rows = [state.find("subscription", row) for row in ids]
    return [row for row in rows if row is not None and row["status"] not in ENDED]


def own_subscription(state: State, customer: Obj, subscription_id: str) -> Obj:
    """The customer's subscription; somebody else's is refused."""
    found = next((row for row in running(state, customer) if row["id"] == subscription_id), None)
    if found is None:
        raise invalid("No such subscription.", param="subscription", status=404)
    return found


def cancel(state: State, subscription: Obj, feature: Obj, feedback: str | None, comment: str | None) -> None:
    """At the end of the period or at once. Flexible billing gets the date, classic billing the old flag."""
    if feature["mode"] == "immediately":
        end_subscription(
            state, subscription, reason="cancellation_requested", feedback=feedback, comment=comment
        )
        return
    flexible = subscription["billing_mode"]["type"] == "flexible"
    end = {"cancel_at": "min_period_end"} if flexible else {"cancel_at_period_end": "true"}
    details = {"feedback": feedback or "", "comment": comment or ""}
    change_subscription(state, subscription, {**end, "cancellation_details": details})


def keep(state: State, subscription: Obj) -> None:
    """Undo a scheduled cancellation; what was said about it is forgotten."""
    flexible = subscription["billing_mode"]["type"] == "flexible"
    undone = {"cancel_at": ""} if flexible else {"cancel_at_period_end": "false"}
    change_subscription(
        state, subscription, {**undone, "cancellation_details": {"feedback": "", "comment": ""}}
    )


def accept_offer(state: State, subscription: Obj, coupon: str) -> None:
    """Stay for a discount."""
    kept = [{"discount": row} for row in subscription["discounts"]]
    change_subscription(state, subscription, {"discounts": [*kept, {"coupon": coupon}]})


def change_plan(
    state: State, subscription: Obj, feature: Obj, items: list[Obj], discounts: list[Obj] | None
) -> None:
    """Other prices or quantities, prorated as the configuration says."""
    params: Obj = {
        "items": [{name: value for name, value in entry.items() if value is not None} for entry in items],
        "proration_behavior": feature["proration_behavior"],
    }
    if discounts:
        params["discounts"] = [{name: value for name, value in entry.items() if value} for entry in discounts]
    if subscription["status"] == "trialing" and feature["trial_update_behavior"] == "end_trial":
        params["trial_end"] = "now"
    change_subscription(state, subscription, params)


def pause(state: State, subscription: Obj) -> None:
    pause_now(Call(state, (subscription["id"],), {"type": "subscription"}))


def take_up(state: State, subscription: Obj) -> None:
    """Go on after a pause."""
    resume(Call(state, (subscription["id"],), {}))


def change_details(state: State, customer: Obj, feature: Obj, form: Obj) -> None:
    """Name and email, as far as the configuration allows."""
    with changing(state, customer, "customer.updated"):
        for name in ("name", "email"):
            if name in feature["allowed_updates"] and form.get(name):
                customer[name] = str(form[name])
