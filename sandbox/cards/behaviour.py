"""What a test says a method's bank shall do, overriding its number, for good or until a date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sandbox.cards.declines import Decline, decline_for
from sandbox.clock import parse_instant
from sandbox.errors import invalid

OUTCOME_TYPES = ("issuer_declined", "blocked", "invalid")


@dataclass(frozen=True)
class Behaviour:
    """`decline_code` None and no action asked for means: approve whatever the number says."""

    decline: Decline | None = None
    requires_action: bool = False
    until: int | None = None

    def holds(self, now: int) -> bool:
        return self.until is None or now < self.until


def behaviour_from(wanted: dict[str, Any]) -> Behaviour:
    """Read the control call's JSON body; codes left out are those the decline code usually comes with."""
    outcome = wanted.get("outcome_type", "issuer_declined")
    if outcome not in OUTCOME_TYPES:
        raise invalid(f"outcome_type must be one of {', '.join(OUTCOME_TYPES)}", param="outcome_type")
    decline = None
    if wanted.get("decline_code"):
        decline = decline_for(str(wanted["decline_code"]))
        if outcome != "issuer_declined":
            # What never reached the bank carries no answer of the network.
            decline = replace(decline, outcome_type=outcome, network_decline_code=None)
        for name in ("advice_code", "network_advice_code", "network_decline_code", "outcome_reason"):
            if name in wanted:
                decline = replace(decline, **{name: wanted[name]})
    until = wanted.get("until")
    return Behaviour(
        decline=decline,
        requires_action=bool(wanted.get("requires_action", False)),
        until=None if until is None else parse_instant(str(until)),
    )
