"""`/v1/test_helpers/test_clocks`."""

from __future__ import annotations

from sandbox.clock import DAY, Clock, as_datetime
from sandbox.cursors import listing
from sandbox.customers.routes import delete as delete_customer
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.parameters import required_integer, text
from sandbox.routing import Call, route
from sandbox.state import Obj, State
from sandbox.test_clocks.walking import start_advancing
from sandbox.timelines import Timeline

KIND = "test_helpers.test_clock"
KEPT_SECONDS = 30 * DAY


def create(call: Call) -> Obj:
    """A clock that stands at `frozen_time`, in the past or the future; `customer` takes one without subscriptions."""
    state = call.state
    frozen = required_integer(call.params, "frozen_time")
    customer_id = text(call.params, "customer")
    customer = _free_customer(state, customer_id) if customer_id else None
    clock: Obj = {
        "id": state.new_id("clock"),
        "object": KIND,
        "created": state.main.now,
        "deletes_after": state.main.now + KEPT_SECONDS,
        "frozen_time": frozen,
        "livemode": False,
        "name": text(call.params, "name"),
        "status": "ready",
        "status_details": {},
    }
    state.test_timelines[clock["id"]] = Timeline(Clock(as_datetime(frozen)), test_clock=clock["id"])
    state.insert(clock)
    state.main.agenda.note(clock["deletes_after"], "delete_test_clock", clock["id"])
    if customer is not None:
        customer["test_clock"] = clock["id"]
    emit(state, "test_helpers.test_clock.created", clock)
    return clock


def _free_customer(state: State, customer_id: str) -> Obj:
    """A customer that no clock has and that has nothing on the sandbox's own agenda yet."""
    customer = state.get("customer", customer_id, "customer")
    if customer["test_clock"] or state.hidden.subscriptions_of_customer.get(customer_id):
        raise invalid(
            "Only a customer without a test clock and without subscriptions can be put on a test clock.",
            param="customer",
        )
    return customer


def retrieve(call: Call) -> Obj:
    return call.state.get(KIND, call.id)


def list_all(call: Call) -> Obj:
    return listing(call.state.rows(KIND), call.params, "/v1/test_helpers/test_clocks")


def advance(call: Call) -> Obj:
    """Answers `advancing`; the walk itself follows before the answer goes out."""
    clock = call.state.get(KIND, call.id)
    start_advancing(call.state, clock, required_integer(call.params, "frozen_time"))
    return clock


def delete(call: Call) -> Obj:
    clock = call.state.get(KIND, call.id)
    if clock["status"] == "advancing":
        raise invalid("The test clock is advancing; wait until it is ready.", status=429, code="rate_limit")
    delete_clock(call.state, clock)
    return {"id": clock["id"], "object": KIND, "deleted": True}


def delete_clock(state: State, clock: Obj) -> None:
    """The clock goes, and its customers with their subscriptions before it."""
    with state.on(state.test_timelines[clock["id"]]):
        for customer in state.rows("customer"):
            if customer["test_clock"] == clock["id"]:
                delete_customer(Call(state, (customer["id"],), {}))
        state.remove(KIND, clock["id"])
        emit(state, "test_helpers.test_clock.deleted", clock)
    del state.test_timelines[clock["id"]]


ROUTES = [
    route("POST", "/v1/test_helpers/test_clocks", create, "frozen_time name customer"),
    route("GET", "/v1/test_helpers/test_clocks", list_all, "limit starting_after ending_before"),
    route("GET", "/v1/test_helpers/test_clocks/{}", retrieve),
    route("POST", "/v1/test_helpers/test_clocks/{}/advance", advance, "frozen_time"),
    route("DELETE", "/v1/test_helpers/test_clocks/{}", delete),
]
