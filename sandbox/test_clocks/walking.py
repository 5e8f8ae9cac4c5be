"""Moving a test clock: asked for inside a call, walked when the call's lock is released."""

from __future__ import annotations

from sandbox.calendar_periods import boundary
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.state import Obj, State

INTERVALS_AHEAD = 2
TWO_YEARS = {"interval": "year", "interval_count": 2}
OVER = ("canceled", "incomplete_expired", "completed", "released")


def start_advancing(state: State, clock: Obj, to: int) -> None:
    """Mark the clock as advancing and leave the walk to `walk_on`; refused backwards, too far, or while it moves."""
    if clock["status"] != "ready":
        raise invalid("The test clock is advancing; wait until it is ready.", status=429, code="rate_limit")
    if to <= clock["frozen_time"]:
        raise invalid("frozen_time must be after the test clock's current frozen time.", param="frozen_time")
    if to > furthest(state, clock):
        raise invalid(
            "frozen_time cannot be more than two intervals ahead, counted in the shortest interval of a"
            " subscription on this test clock (two years when it has none).",
            param="frozen_time",
        )
    clock |= {"status": "advancing", "status_details": {"advancing": {"target_frozen_time": to}}}
    emit(state, "test_helpers.test_clock.advancing", clock)
    state.walks.append(clock["id"])


def walk_on(state: State) -> None:
    """Carry out the walks that calls have asked for; deliveries go out at each instant on the way."""
    while state.walks:
        timeline = state.test_timelines.get(state.walks.popleft())
        clock = state.find("test_helpers.test_clock", timeline.test_clock) if timeline else None
        if timeline is None or clock is None:
            continue
        target = clock["status_details"]["advancing"]["target_frozen_time"]
        try:
            advance(state, target, timeline=timeline)
        except Exception:
            with state.lock, state.on(timeline):
                clock |= {"status": "internal_failure", "status_details": {}}
                emit(state, "test_helpers.test_clock.internal_failure", clock)
            raise
        with state.lock, state.on(timeline):
            clock |= {"frozen_time": target, "status": "ready", "status_details": {}}
            emit(state, "test_helpers.test_clock.ready", clock)
        deliver(state)


def furthest(state: State, clock: Obj) -> int:
    """The latest instant the clock may be moved to in one go."""
    rhythms = _rhythms(state, clock)
    if not rhythms:
        return boundary(clock["frozen_time"], TWO_YEARS, 1)
    return min(boundary(clock["frozen_time"], rhythm, INTERVALS_AHEAD) for rhythm in rhythms)


def _rhythms(state: State, clock: Obj) -> list[Obj]:
    """The intervals of everything that renews on this clock, also of what is only scheduled."""
    found: list[Obj] = []
    for subscription in state.rows("subscription"):
        if subscription["test_clock"] == clock["id"] and subscription["status"] not in OVER:
            found += [item["price"]["recurring"] for item in subscription["items"]["data"]]
    for schedule in state.rows("subscription_schedule"):
        if schedule["test_clock"] == clock["id"] and schedule["status"] not in OVER:
            prices = [item["price"] for phase in schedule["phases"] for item in phase["items"]]
            found += [state.get("price", price)["recurring"] for price in prices]
    return found
