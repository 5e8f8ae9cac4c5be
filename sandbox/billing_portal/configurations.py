"""What a portal lets its customers do: the account's default configuration and others made through the API."""

from __future__ import annotations

from copy import deepcopy

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param, unknown_param
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, choice, flag, given, mapping, merged_metadata, sequence, text
from sandbox.routing import Call, route
from sandbox.state import Obj, State

KIND = "billing_portal.configuration"
PRORATION = ("always_invoice", "create_prorations", "none")
FEEDBACK = ("customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
            "too_expensive", "unused")  # fmt: skip
WRITABLE = "business_profile default_return_url features login_page metadata name"

# Every feature switched off, as the provider fills in what a configuration does not mention.
FEATURES_OFF: Obj = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": list(FEEDBACK)},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": None,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def new_configuration(state: State, params: Params, *, default: bool = False) -> Obj:
    """A stored configuration; the default one has a fixed id and everything on that needs no prices."""
    account = state.account_id.removeprefix("acct_")
    configuration: Obj = {
        "id": f"bpc_{account}" if default else state.new_id("bpc"),
        "object": KIND,
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": state.now,
        "default_return_url": None,
        "features": deepcopy(FEATURES_OFF),
        "is_default": default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": state.now,
    }
    _apply(state, configuration, params)
    return state.insert(configuration)


def default_configuration(state: State) -> Obj:
    """The account's own, made when it is first needed."""
    found = next((row for row in state.rows(KIND) if row["is_default"]), None)
    on = {"enabled": "true"}
    features = {
        "customer_update": {**on, "allowed_updates": ["email", "name"]},
        "invoice_history": on,
        "payment_method_update": on,
        "subscription_cancel": {**on, "cancellation_reason": on},
    }
    return found or new_configuration(state, {"features": features}, default=True)


def _apply(state: State, configuration: Obj, params: Params) -> None:
    for name, value in mapping(params, "business_profile").items():
        if name not in configuration["business_profile"]:
            raise unknown_param(f"business_profile[{name}]")
        configuration["business_profile"][name] = value or None
    for name in ("default_return_url", "name"):
        if given(params, name):
            configuration[name] = text(params, name)
    configuration["metadata"] = merged_metadata(configuration["metadata"], params)
    if given(params, "active"):
        configuration["active"] = flag(params, "active")
    login = mapping(params, "login_page")
    if login:
        on = flag(login, "enabled")
        url = f"{state.public_base}/portal/login/{configuration['id']}"
        configuration["login_page"] = {"enabled": on, "url": url if on else None}
    for name, wanted in mapping(params, "features").items():
        if name not in FEATURES_OFF:
            raise unknown_param(f"features[{name}]")
        _apply_feature(configuration["features"], name, wanted or {})


def _apply_feature(features: Obj, name: str, wanted: Params) -> None:
    """One feature's hash: booleans read, choices checked, lists and hashes taken over."""
    feature = features[name]
    for key in wanted:
        if key not in feature:
            raise unknown_param(f"features[{name}][{key}]")
    feature["enabled"] = flag(wanted, "enabled", feature["enabled"])
    for key in set(wanted) & {"mode", "proration_behavior", "trial_update_behavior", "billing_cycle_anchor"}:
        allowed = {"mode": ("at_period_end", "immediately"), "proration_behavior": PRORATION,
                   "trial_update_behavior": ("continue_trial", "end_trial"),
                   "billing_cycle_anchor": ("now", "unchanged")}[key]  # fmt: skip
        feature[key] = choice(wanted, key, allowed)
    for key in set(wanted) & {"allowed_updates", "default_allowed_updates"}:
        feature[key] = sequence(wanted, key)
    if given(wanted, "products"):
        feature["products"] = [_product(entry) for entry in sequence(wanted, "products")]
    if given(wanted, "payment_method_configuration"):
        feature["payment_method_configuration"] = text(wanted, "payment_method_configuration")
    if given(wanted, "duration"):
        feature["duration"] |= mapping(wanted, "duration")
    if given(wanted, "schedule_at_period_end"):
        feature["schedule_at_period_end"] = {
            "conditions": sequence(wanted["schedule_at_period_end"], "conditions")
        }
    reason = mapping(wanted, "cancellation_reason")
    if reason:
        feature["cancellation_reason"] = {
            "enabled": flag(reason, "enabled"),
            "options": sequence(reason, "options") or list(FEEDBACK),
        }


def _product(entry: Params) -> Obj:
    adjustable = mapping(entry, "adjustable_quantity")
    return {
        "adjustable_quantity": {"enabled": flag(adjustable, "enabled"), "maximum": None, "minimum": 1},
        "prices": sequence(entry, "prices"),
        "product": text(entry, "product"),
    }


def create(call: Call) -> Obj:
    if not given(call.params, "features"):
        raise missing_param("features")
    configuration = new_configuration(call.state, call.params)
    emit(call.state, f"{KIND}.created", configuration)
    return configuration


def retrieve(call: Call) -> Obj:
    default_configuration(call.state)
    return call.state.get(KIND, call.id)


def update(call: Call) -> Obj:
    """The default configuration cannot be switched off."""
    state, configuration = call.state, retrieve(call)
    if configuration["is_default"] and given(call.params, "active") and not flag(call.params, "active"):
        raise invalid("The default configuration cannot be deactivated.", param="active")
    with changing(state, configuration, f"{KIND}.updated"):
        _apply(state, configuration, call.params)
        configuration["updated"] = state.now
    return configuration


def list_all(call: Call) -> Obj:
    default_configuration(call.state)
    rows = call.state.rows(KIND)
    for name in ("active", "is_default"):
        if given(call.params, name):
            rows = [row for row in rows if row[name] == flag(call.params, name)]
    return listing(rows, call.params, "/v1/billing_portal/configurations")


ROUTES = [
    route("POST", "/v1/billing_portal/configurations", create, WRITABLE),
    route("GET", "/v1/billing_portal/configurations", list_all,
          "limit starting_after ending_before active is_default"),
    route("GET", "/v1/billing_portal/configurations/{}", retrieve),
    route("POST", "/v1/billing_portal/configurations/{}", update, f"{WRITABLE} active"),
]  # fmt: skip
