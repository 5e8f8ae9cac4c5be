"""`/v1/subscription_schedules`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    instant,
    merged_metadata,
    required_text,
    sequence,
    text,
    within,
)
from sandbox.prices.routes import refuse_archived
from sandbox.routing import Call, route
from sandbox.state import Obj, State
from sandbox.subscription_schedules.driving import enter, let_go, plan, span, start, step
from sandbox.subscription_schedules.objects import (
    END_BEHAVIORS,
    KIND,
    get_live,
    new_schedule,
    phase_at,
    phase_of_subscription,
    write_settings,
)
from sandbox.subscription_schedules.phases import PRORATIONS, phases_from
from sandbox.subscriptions.scheduling import schedule_cancel
from sandbox.subscriptions.standing import end_subscription

URL = "/v1/subscription_schedules"
OVER = ("canceled", "incomplete_expired")
TIMES = ("canceled_at", "completed_at", "created", "released_at")


def create(call: Call) -> Obj:
    """From phases, or around an existing subscription; one whose time has come starts at once."""
    if given(call.params, "from_subscription"):
        return _from_subscription(call.state, call.params)
    state, params = call.state, call.params
    customer = state.get("customer", required_text(params, "customer"), "customer")
    begins = instant(params, "start_date", state.now)
    if begins is None:
        raise missing_param("start_date")
    _refuse_archived(state, params)
    phases = phases_from(state, sequence(params, "phases"), begins)
    schedule = new_schedule(state, customer["id"], phases, params)
    if phases[0]["start_date"] <= state.now:
        start(state, schedule)
    emit(state, "subscription_schedule.created", schedule)
    plan(state, schedule)
    return schedule


def _refuse_archived(state: State, params: Params, schedule: Obj | None = None) -> None:
    """What the schedule has in a phase already may stay in it."""
    known = [row["price"] for phase in (schedule or {"phases": []})["phases"] for row in phase["items"]]
    for phase in sequence(params, "phases"):
        refuse_archived(state, sequence(phase, "items"), known)


def _from_subscription(state: State, params: Params) -> Obj:
    for name in set(params) - {"from_subscription", "billing_mode", "expand"}:
        raise invalid(f"{name} cannot be given together with from_subscription.", param=name)
    subscription = state.get("subscription", required_text(params, "from_subscription"), "from_subscription")
    if subscription["schedule"] or subscription["status"] in OVER:
        raise invalid("The subscription is canceled or already has a schedule.", param="from_subscription")
    phase = phase_of_subscription(subscription)
    schedule = new_schedule(state, subscription["customer"], [phase], params)
    schedule |= {"current_phase": span(phase), "status": "active", "subscription": subscription["id"]}
    schedule["default_settings"]["default_payment_method"] = subscription["default_payment_method"]
    emit(state, "subscription_schedule.created", schedule)
    with changing(state, subscription, "customer.subscription.updated"):
        subscription["schedule"] = schedule["id"]
    plan(state, schedule)
    return schedule


def retrieve(call: Call) -> Obj:
    return call.state.get(KIND, call.id)


def update(call: Call) -> Obj:
    """Phases are given whole; a change of the one that is running is carried out at once."""
    state, params = call.state, call.params
    schedule = get_live(state, call.id, "update")
    with changing(state, schedule, "subscription_schedule.updated"):
        schedule["metadata"] = merged_metadata(schedule["metadata"], params)
        schedule["end_behavior"] = choice(params, "end_behavior", END_BEHAVIORS, schedule["end_behavior"])
        write_settings(schedule, params)
        if given(params, "phases"):
            _refuse_archived(state, params, schedule)
            _replace_phases(state, schedule, params)
    plan(state, schedule)
    step(state, schedule["id"])
    return schedule


def _replace_phases(state: State, schedule: Obj, params: Params) -> None:
    running = phase_at(schedule, state.now) if schedule["status"] == "active" else None
    first = running or schedule["phases"][0]
    past = [row for row in schedule["phases"] if running and row["end_date"] <= running["start_date"]]
    entries = sequence(params, "phases")
    begins = [instant(entry, "start_date", state.now) for entry in entries[:1]]
    if past and begins == [past[0]["start_date"]]:
        first, past = past[0], []
    phases = [*past, *phases_from(state, entries, first["start_date"])]
    if running and not any(row["start_date"] == running["start_date"] for row in phases):
        raise invalid("The start date of the current phase cannot be changed.", param="phases[0][start_date]")
    schedule["phases"] = phases
    now = phase_at(schedule, state.now)
    if running is None or now is None:
        return
    schedule["current_phase"] = span(now)
    subscription = state.find("subscription", schedule["subscription"])
    if subscription is not None and {**now, "end_date": 0} != {**running, "end_date": 0}:
        proration = choice(params, "proration_behavior", PRORATIONS, "create_prorations")
        enter(state, schedule, subscription, now | {"proration_behavior": proration})


def release(call: Call) -> Obj:
    """The subscription stays as it is; an end that the schedule set goes unless it is to be preserved."""
    state = call.state
    schedule = get_live(state, call.id, "release")
    subscription = state.find("subscription", schedule["subscription"])
    planned = schedule["end_behavior"] == "cancel" and not flag(call.params, "preserve_cancel_date")
    if planned and subscription is not None and subscription["cancel_at"]:
        with changing(state, subscription, "customer.subscription.updated"):
            schedule_cancel(state, subscription, {"cancel_at": ""})
    schedule |= {"current_phase": None, "released_at": state.now, "status": "released"}
    let_go(state, schedule)
    emit(state, "subscription_schedule.released", schedule)
    return schedule


def cancel(call: Call) -> Obj:
    """Ends the subscription with it at once."""
    state = call.state
    schedule = get_live(state, call.id, "cancel")
    subscription = state.find("subscription", schedule["subscription"])
    schedule |= {"canceled_at": state.now, "current_phase": None, "status": "canceled"}
    if subscription is not None and subscription["status"] not in OVER:
        end_subscription(state, subscription, reason="cancellation_requested")
    emit(state, "subscription_schedule.canceled", schedule)
    return schedule


def list_all(call: Call) -> Obj:
    params = call.params
    customer = text(params, "customer")
    rows = [row for row in call.state.rows(KIND) if customer in (None, row["customer"])]
    if given(params, "scheduled"):
        wanted = flag(params, "scheduled")
        rows = [row for row in rows if (row["status"] == "not_started") == wanted]
    for name in TIMES:
        if given(params, name):
            rows = [row for row in rows if row[name] is not None and within(row[name], params, name)]
    return listing(rows, params, URL)


SHARED = "default_settings end_behavior metadata phases"
ROUTES = [
    route("POST", URL, create, SHARED + " customer from_subscription start_date billing_mode"),
    route("GET", URL, list_all, f"limit starting_after ending_before customer scheduled {' '.join(TIMES)}"),
    route("GET", URL + "/{}", retrieve),
    route("POST", URL + "/{}", update, SHARED + " proration_behavior"),
    route("POST", URL + "/{}/release", release, "preserve_cancel_date"),
    route("POST", URL + "/{}/cancel", cancel, "invoice_now prorate"),
]
