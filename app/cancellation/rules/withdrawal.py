"""Until when a customer may withdraw from a new contract. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

REFUND_WITHIN = timedelta(days=14)
"""What was paid goes back within fourteen days of the withdrawal (Directive 2011/83/EU art. 13)."""

SATURDAY = 5


def open_until(contract_at: datetime, days: int, zone: tzinfo) -> datetime | None:
    """The first instant at which it is too late; None where there is no such right.

    The day of the contract does not count, the last day counts to its midnight where the customer lives, and a
    last day on a weekend moves to Monday (Regulation 1182/71 art. 3). Public holidays are not known here: the
    function closes a day early for them, the right does not.
    """
    if days < 1:
        return None
    last = contract_at.astimezone(zone).date() + timedelta(days=days)
    while last.weekday() >= SATURDAY:
        last += timedelta(days=1)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
