"""Times that run apart: the sandbox's own, and one for each test clock.

A timeline has its own present and its own agenda. A call is carried out on the timeline of the customer it
concerns, so that no handler has to know about test clocks: `state.now` and `state.agenda` are already theirs.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.agenda import Agenda
from sandbox.clock import Clock

if TYPE_CHECKING:
    from sandbox.state import State

# Fields and parameters that lead to the customer an object or a call is about, nearest first.
LEADS = (
    "test_clock", "customer", "subscription", "invoice", "charge", "payment_intent", "setup_intent", "schedule",
    "from_subscription", "subscription_item", "payment_method", "payment",
)  # fmt: skip
MAX_STEPS = 4


@dataclass
class Timeline:
    """One present and what is due in it; `test_clock` is the id of the clock that moves it, None for the main one."""

    clock: Clock
    agenda: Agenda = field(default_factory=Agenda)
    test_clock: str | None = None
    moving: threading.Lock = field(default_factory=threading.Lock)

    @property
    def now(self) -> int:
        return self.clock.now


def timeline_of_call(state: State, ids: tuple[str, ...], params: dict[str, Any]) -> Timeline:
    """The timeline that a call belongs to, by the ids in its path first and by its parameters after."""
    if not state.test_timelines:
        return state.main
    found = next((clock for name in ids if (clock := _clock_behind(state, name, 0))), None)
    found = found or _led_to(state, params, 0)
    return state.test_timelines.get(found, state.main) if found else state.main


def _clock_behind(state: State, object_id: str, step: int) -> str | None:
    """The test clock of the object with this id, through the objects that it names."""
    if object_id in state.test_timelines:
        return object_id
    obj = state.find_any(object_id)
    return _led_to(state, obj, step) if obj and step < MAX_STEPS else None


def _led_to(state: State, holder: dict[str, Any], step: int) -> str | None:
    for name in LEADS:
        value = holder.get(name)
        if isinstance(value, str) and value and (clock := _clock_behind(state, value, step + 1)):
            return clock
    return None
