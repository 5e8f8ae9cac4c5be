from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.caps import Caps, first_free, left

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
CAPS = Caps(timedelta(hours=20), timedelta(days=7), 3, 6)
past = st.lists(st.integers(0, 20 * 24 * 60).map(lambda m: NOW - timedelta(minutes=m)), max_size=12)


def allowed(contacts: list[datetime], at: datetime) -> bool:
    """The caps in so many words: no contact in the last 20 hours, fewer than three in the last 7 days."""
    near = [c for c in contacts if at - c < CAPS.spacing]
    week = [c for c in contacts if at - c < CAPS.period]
    return not near and len(week) < CAPS.per_period


@given(past)
def test_the_first_free_instant_is_allowed_and_the_minute_before_it_is_not(contacts: list[datetime]) -> None:
    free = first_free(contacts, NOW, CAPS)
    assert free >= NOW
    assert allowed(contacts, free)
    assert free == NOW or not allowed(contacts, free - timedelta(minutes=1))


@given(past, st.integers(1, 30))
def test_who_always_takes_the_first_free_instant_never_breaks_a_cap(
    contacts: list[datetime], more: int
) -> None:
    sent: list[datetime] = []
    at = first_free(contacts, NOW, CAPS)
    for _ in range(more):
        sent.append(at)
        at = first_free([*contacts, *sent], at, CAPS)
    for last, this in pairwise(sent):
        assert this - last >= CAPS.spacing
    for first, fourth in zip(sent, sent[3:], strict=False):
        assert fourth - first >= CAPS.period


@given(past)
def test_what_is_left_is_never_less_than_nothing(contacts: list[datetime]) -> None:
    assert 0 <= left(contacts, NOW, CAPS) <= CAPS.per_period
