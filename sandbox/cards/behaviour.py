"""What a test says a method's bank shall do, overriding its number: by control call, or in the method's metadata.

Metadata keys are the fields of the control call with `sandbox_` before them, for example
`metadata[sandbox_decline_code]=insufficient_funds`, so that the provider's own API is enough to set a scene.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sandbox.cards.declines import Decline, decline_for, error_for
from sandbox.clock import parse_instant
from sandbox.errors import invalid
from sandbox.state import Obj, State

OUTCOME_TYPES = ("issuer_declined", "blocked", "invalid")
OVERRIDES = ("advice_code", "network_advice_code", "network_decline_code", "outcome_reason")
METADATA_PREFIX = "sandbox_"
# Fields of which one alone already means a decline.
DECLINING = ("decline_code", "error_code", "outcome_type", *OVERRIDES)


@dataclass(frozen=True)
class Behaviour:
    """`decline` None and no action asked for means: approve whatever the number says."""

    decline: Decline | None = None
    requires_action: bool = False
    until: int | None = None

    def holds(self, now: int) -> bool:
        return self.until is None or now < self.until


def behaviour_of(state: State, method: Obj) -> Behaviour | None:
    """What was asked of this method and still holds; a control call wins over metadata."""
    wanted = state.hidden.behaviours.get(method["id"]) or _from_metadata(method)
    return wanted if wanted and wanted.holds(state.now) else None


def _from_metadata(method: Obj) -> Behaviour | None:
    given = {
        name.removeprefix(METADATA_PREFIX): value
        for name, value in (method["metadata"] or {}).items()
        if name.startswith(METADATA_PREFIX)
    }
    if not given:
        return None
    if "requires_action" in given:
        given["requires_action"] = given["requires_action"] == "true"
    if "decline_code" not in given and "error_code" not in given and set(given) & set(DECLINING):
        given["decline_code"] = "generic_decline"
    return behaviour_from(given)


def behaviour_from(wanted: dict[str, Any]) -> Behaviour:
    """Read the control call's JSON body; codes left out are those the decline code usually comes with.

    `decline_code` is the bank's reason; `error_code` instead of it is an error that is no bank's decline.
    """
    outcome = wanted.get("outcome_type", "issuer_declined")
    if outcome not in OUTCOME_TYPES:
        raise invalid(f"outcome_type must be one of {', '.join(OUTCOME_TYPES)}", param="outcome_type")
    decline = None
    if wanted.get("decline_code"):
        decline = decline_for(str(wanted["decline_code"]))
    elif wanted.get("error_code"):
        decline = error_for(str(wanted["error_code"]))
    if decline is not None and outcome != "issuer_declined":
        # What never reached the bank carries no answer of the network.
        decline = replace(decline, outcome_type=outcome, network_decline_code=None)
    if decline is not None:
        decline = replace(decline, **{name: wanted[name] for name in OVERRIDES if name in wanted})
    until = wanted.get("until")
    return Behaviour(
        decline=decline,
        requires_action=bool(wanted.get("requires_action", False)),
        until=None if until is None else parse_instant(str(until)),
    )
