"""Cards that a network forbids to be charged for some time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from app.billing.facts import Decline
from app.dunning.rules.decline import classify

Bans = dict[str, str]
"""Until when (ISO 8601) which card may not be charged: both its id and its fingerprint are keys."""


def bans_after(
    known: Mapping[str, str], declines: Iterable[tuple[Decline, datetime]], *, now: datetime
) -> Bans:
    """What still holds of the known bans, and what these declines add. `declines`: why and when.

    An invoice shows only its newest decline, so a ban is kept: another card's refusal does not lift it.
    """
    bans = {card: until for card, until in known.items() if datetime.fromisoformat(until) > now}
    for decline, at in declines:
        until = at + timedelta(days=classify(decline).no_charge_days)
        for card in (decline.payment_method_id, decline.fingerprint):
            if card and until > now and until.isoformat() > bans.get(card, ""):
                bans[card] = until.isoformat()
    return bans
