"""A session's flow: the one thing that its page is for, and where the customer goes afterwards."""

from __future__ import annotations

from sandbox.errors import invalid, missing_param
from sandbox.parameters import Params, choice, integer, mapping, required_text, sequence, text
from sandbox.state import Obj, State

FLOWS = ("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm",
         "customer_update", "subscription_pause")  # fmt: skip
OF_SUBSCRIPTION = (
    "subscription_cancel",
    "subscription_pause",
    "subscription_update",
    "subscription_update_confirm",
)
AFTER = ("hosted_confirmation", "portal_homepage", "redirect")
# Flow -> feature of the configuration that has to be on.
FEATURE = {"subscription_update_confirm": "subscription_update"}


def new_flow(state: State, customer: Obj, configuration: Obj, wanted: Params) -> Obj | None:
    """The flow hash of a session; None for the portal's home page."""
    if not wanted:
        return None
    kind = required_text(wanted, "type")
    if kind not in FLOWS:
        raise invalid(f"Invalid flow type: {kind}", param="flow_data[type]")
    if not configuration["features"][FEATURE.get(kind, kind)]["enabled"]:
        raise invalid(
            f"This feature is disabled in your portal configuration: {kind}.", param="flow_data[type]"
        )
    flow: Obj = {"after_completion": _after(mapping(wanted, "after_completion")), "customer_update": None,
                 **dict.fromkeys(OF_SUBSCRIPTION), "type": kind}  # fmt: skip
    if kind == "customer_update":
        flow[kind] = {}
    if kind in OF_SUBSCRIPTION:
        flow[kind] = _of_subscription(state, customer, kind, mapping(wanted, kind))
    return flow


def _after(wanted: Params) -> Obj:
    kind = choice(wanted, "type", AFTER, "portal_homepage")
    redirect = mapping(wanted, "redirect")
    if kind == "redirect" and not text(redirect, "return_url"):
        raise missing_param("flow_data[after_completion][redirect][return_url]")
    confirmation = mapping(wanted, "hosted_confirmation")
    return {
        "hosted_confirmation": {"custom_message": text(confirmation, "custom_message")}
        if kind == "hosted_confirmation"
        else None,
        "redirect": {"return_url": text(redirect, "return_url")} if kind == "redirect" else None,
        "type": kind,
    }


def _of_subscription(state: State, customer: Obj, kind: str, wanted: Params) -> Obj:
    name = f"flow_data[{kind}][subscription]"
    subscription_id = text(wanted, "subscription")
    if subscription_id is None:
        raise missing_param(name)
    subscription = state.get("subscription", subscription_id, name)
    if subscription["customer"] != customer["id"]:
        raise invalid("The subscription belongs to another customer.", param=name)
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise invalid("The subscription is canceled.", param=name)
    if kind == "subscription_cancel":
        if subscription["cancel_at"] is not None:
            raise invalid("The subscription is already set to be canceled.", param=name)
        return {"retention": _retention(state, mapping(wanted, "retention")), "subscription": subscription_id}
    if kind == "subscription_update_confirm":
        return {
            "discounts": [
                {"coupon": text(entry, "coupon"), "promotion_code": text(entry, "promotion_code")}
                for entry in sequence(wanted, "discounts")
            ]
            or None,
            "items": [
                {
                    "id": text(entry, "id"),
                    "price": text(entry, "price"),
                    "quantity": integer(entry, "quantity"),
                }
                for entry in sequence(wanted, "items")
            ],
            "subscription": subscription_id,
        }
    return {"subscription": subscription_id}


def _retention(state: State, wanted: Params) -> Obj | None:
    if not wanted:
        return None
    coupon = text(mapping(wanted, "coupon_offer"), "coupon")
    if coupon is None:
        raise missing_param("flow_data[subscription_cancel][retention][coupon_offer][coupon]")
    return {"coupon_offer": {"coupon": state.get("coupon", coupon, "coupon")["id"]}, "type": "coupon_offer"}
