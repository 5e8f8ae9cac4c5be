"""Lookups and replay on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.db import Database
from app.core.errors import InvalidInput
from app.inbound.repository import (
    backlog,
    claim,
    counts_by_state,
    get,
    known,
    listing,
    push_back,
    replay,
    settle,
    store,
    unfinished,
)
from app.inbound.states import InboundState, Source
from tests.inbound.factories import NOW, state_of, stored_event


def _settle_all(db: Database, state: InboundState = InboundState.DONE) -> None:
    taken = claim(db, now=NOW)
    with db.write() as session:
        settle(session, taken.token, [event.id for event in taken.events], now=NOW, state=state)


def _names(db: Database, customer_id: str, refs: list[str]) -> list[str]:
    with db.read() as session:
        return [event.type for event in unfinished(session, {customer_id: refs})[customer_id]]


def test_a_source_tells_an_event_once(database: Database) -> None:
    stored_event(database, "evt_1")
    fields = {"event_id": "evt_1", "type": "x", "created_at": NOW, "now": NOW, "body": b"{}"}
    with database.write() as session:
        assert store(session, source=Source.STRIPE, **fields) is False  # type: ignore[arg-type]
        assert store(session, source=Source.BACKFILL, **fields) is True  # type: ignore[arg-type]
        assert known(session, ["evt_1", "evt_2"]) == {"evt_1"}
        assert known(session, []) == set()


def test_unfinished_finds_events_by_customer(database: Database) -> None:
    stored_event(database, "evt_1", type="mine", customer_id="cus_1")
    stored_event(database, "evt_2", type="other", customer_id="cus_2", refs=" in_1 ")
    assert _names(database, "cus_1", ["in_1"]) == ["mine"]


def test_unfinished_finds_customerless_events_by_any_known_id(database: Database) -> None:
    stored_event(database, "evt_1", type="mine", refs=" inpay_1 in_1 pi_1 ")
    stored_event(database, "evt_2", type="longer id", refs=" in_11 ")
    stored_event(database, "evt_3", type="underscore is no wildcard", refs=" inX1 ")
    stored_event(database, "evt_4", type="case counts", refs=" IN_1 ")
    stored_event(database, "evt_5", type="customer object", refs=" cus_1 ")
    assert _names(database, "cus_1", ["in_1", "sub_1"]) == ["mine", "customer object"]
    assert _names(database, "cus_2", []) == []


def test_unfinished_events_of_many_customers_are_told_apart(database: Database) -> None:
    stored_event(database, "evt_1", type="first", customer_id="cus_1")
    stored_event(database, "evt_2", type="of both", refs=" in_1 in_2 ")
    stored_event(database, "evt_3", type="second", refs=" in_2 sub_2 ")
    with database.read() as session:
        found = unfinished(session, {"cus_1": ["in_1"], "cus_2": ["in_2", "sub_2"], "cus_3": []})
        named = {customer_id: [event.type for event in events] for customer_id, events in found.items()}
        assert named == {"cus_1": ["first", "of both"], "cus_2": ["of both", "second"], "cus_3": []}
        assert unfinished(session, {}) == {}


def test_unfinished_counts_dead_events_but_not_done_or_ignored_ones(database: Database) -> None:
    for state in (InboundState.DONE, InboundState.IGNORED, InboundState.DEAD):
        stored_event(database, f"evt_{state}", type=state, customer_id="cus_1")
        _settle_all(database, state)
    assert _names(database, "cus_1", []) == ["dead"]


def test_a_listing_filters_and_turns_pages(database: Database) -> None:
    for number in range(5):
        stored_event(database, f"evt_{number}", now=NOW + timedelta(minutes=number), type=f"t{number % 2}")
    with database.read() as session:
        newest = listing(session, limit=2)
        assert [event.event_id for event in newest] == ["evt_4", "evt_3"]
        assert [e.event_id for e in listing(session, before_id=newest[-1].id, limit=2)] == ["evt_2", "evt_1"]
        assert [e.event_id for e in listing(session, type="t1")] == ["evt_3", "evt_1"]
        assert len(listing(session, since=NOW + timedelta(minutes=3))) == 2
        assert listing(session, state=InboundState.DEAD) == []
        assert len(listing(session, state=InboundState.RECEIVED)) == 5
        found = get(session, newest[0].id)
        assert found is not None
        assert found.body == b"{}"
        assert get(session, "evt_3") is not None
        assert get(session, "evt_none") is None


def test_a_replay_makes_a_dead_event_new_and_replaying_twice_is_once(database: Database) -> None:
    stored_event(database, "evt_1")
    _settle_all(database, InboundState.DEAD)
    stored_event(database, "evt_2")
    _settle_all(database)
    later = NOW + timedelta(hours=2)
    with database.write() as session:
        assert replay(session, now=later, state=InboundState.DEAD) == 1
        assert replay(session, now=later, state=InboundState.DEAD) == 0
    row = state_of(database, "evt_1")
    assert (row.state, row.attempts, row.next_at, row.error, row.done_at) == (
        "received",
        0,
        later,
        None,
        None,
    )
    assert state_of(database, "evt_2").state == "done"


def test_a_replay_by_id_type_or_age_leaves_the_rest_alone(database: Database) -> None:
    for number in range(3):
        stored_event(database, f"evt_{number}", now=NOW - timedelta(minutes=number), type=f"t{number}")
    _settle_all(database)
    with database.write() as session:
        event = get(session, "evt_0")
        assert event is not None
        assert replay(session, now=NOW, ids=[event.id]) == 1
        assert replay(session, now=NOW, type="t1") == 1
        assert replay(session, now=NOW, since=NOW - timedelta(minutes=2)) == 1
        with pytest.raises(InvalidInput):
            replay(session, now=NOW)


def test_a_replay_wakes_an_event_that_rests_after_a_failure(database: Database) -> None:
    stored_event(database, "evt_1")
    taken = claim(database, now=NOW)
    with database.write() as session:
        push_back(session, taken.events[0], taken.token, "no", now=NOW, jitter=1)
        assert replay(session, now=NOW, ids=[taken.events[0].id]) == 1
        assert replay(session, now=NOW, ids=[taken.events[0].id]) == 0
    assert len(claim(database, now=NOW).events) == 1


def test_ignored_events_are_replayed_only_when_asked_for(database: Database) -> None:
    stored_event(database, "evt_1", state=InboundState.IGNORED)
    with database.write() as session:
        assert replay(session, now=NOW, type="invoice.paid") == 0
        assert replay(session, now=NOW, state=InboundState.IGNORED) == 1


def test_the_backlog_is_counted_with_its_oldest_event(database: Database) -> None:
    stored_event(database, "evt_1", now=NOW)
    _settle_all(database, InboundState.DEAD)
    stored_event(database, "evt_2", now=NOW + timedelta(minutes=1))
    with database.read() as session:
        found = backlog(session)
        assert (found.received, found.dead) == (1, 1)
        assert found.oldest_received_at == NOW + timedelta(minutes=1)
        assert counts_by_state(session)[InboundState.DEAD] == 1
        assert counts_by_state(session)[InboundState.DONE] == 0
