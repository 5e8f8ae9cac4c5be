"""`/v1/billing_portal/sessions` and `/v1/billing_portal/configurations`."""

from __future__ import annotations

from sandbox.billing_portal import configurations
from sandbox.billing_portal.configurations import KIND, default_configuration
from sandbox.billing_portal.flows import new_flow
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.parameters import Params, integer, mapping, required_text, text
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = "customer return_url flow_data configuration locale on_behalf_of after_expiration"


def create(call: Call) -> Obj:
    """A session over the named configuration, or the account's default one."""
    state, params = call.state, call.params
    customer = state.get("customer", required_text(params, "customer"), "customer")
    default = default_configuration(state)
    wanted = text(params, "configuration")
    configuration = state.get(KIND, wanted, "configuration") if wanted else default
    if not configuration["active"]:
        raise invalid("The portal configuration is not active.", param="configuration")
    session_id = state.new_id("bps")
    session: Obj = {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": configuration["id"],
        "created": state.now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": new_flow(state, customer, configuration, mapping(params, "flow_data")),
        "livemode": False,
        "locale": text(params, "locale"),
        "on_behalf_of": text(params, "on_behalf_of"),
        "return_url": text(params, "return_url") or configuration["default_return_url"],
        "url": f"{state.public_base}/portal/{session_id}",
    }
    after = mapping(params, "after_expiration")
    if after:
        session["after_expiration"] = _after_expiration(after)
    state.insert(session)
    emit(state, "billing_portal.session.created", session)
    return session


def _after_expiration(wanted: Params) -> Obj:
    login = mapping(wanted, "customer_login")
    return {
        "customer_login": {"expires_at": integer(login, "expires_at")} if login else None,
        "type": required_text(wanted, "type"),
    }


ROUTES = [route("POST", "/v1/billing_portal/sessions", create, CREATE), *configurations.ROUTES]
