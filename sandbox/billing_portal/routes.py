"""`/v1/billing_portal/sessions` and the default configuration."""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.parameters import Params, mapping, required_text, text
from sandbox.routing import Call, route
from sandbox.state import Obj, State

FLOWS = ("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm",
         "customer_update", "subscription_pause")  # fmt: skip


def create(call: Call) -> Obj:
    """A session; its page serves the card change, whatever flow was asked for."""
    state, params = call.state, call.params
    customer = state.get("customer", required_text(params, "customer"), "customer")
    session_id = state.new_id("bps")
    session: Obj = {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": _configuration(state),
        "created": state.now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": _flow(mapping(params, "flow_data")),
        "livemode": False,
        "locale": text(params, "locale"),
        "on_behalf_of": None,
        "return_url": text(params, "return_url"),
        "url": f"{state.public_base}/portal/{session_id}",
    }
    return state.insert(session)


def _flow(wanted: Params) -> Obj | None:
    if not wanted:
        return None
    kind = required_text(wanted, "type")
    if kind not in FLOWS:
        raise invalid(f"Invalid flow type: {kind}", param="flow_data[type]")
    after = mapping(wanted, "after_completion")
    redirect = mapping(after, "redirect")
    return {
        "after_completion": {
            "hosted_confirmation": mapping(after, "hosted_confirmation") or None,
            "redirect": {"return_url": redirect.get("return_url")} if redirect else None,
            "type": text(after, "type", "portal_homepage"),
        },
        "subscription_cancel": mapping(wanted, "subscription_cancel") or None,
        "subscription_update": mapping(wanted, "subscription_update") or None,
        "subscription_update_confirm": mapping(wanted, "subscription_update_confirm") or None,
        "type": kind,
    }


def _configuration(state: State) -> str:
    """The id of the account's one default configuration."""
    return f"bpc_{state.account_id.removeprefix('acct_')}"


ROUTES = [
    route(
        "POST",
        "/v1/billing_portal/sessions",
        create,
        "customer return_url flow_data configuration locale on_behalf_of",
    ),
]
