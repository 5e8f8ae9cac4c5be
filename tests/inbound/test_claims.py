"""Claims on both engines: never shared, fenced by a token, given back when the lease is over."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.waiting import Queues
from app.inbound.repository import claim, push_back, release, settle, waiting_events
from app.inbound.states import InboundState
from tests.inbound.factories import NOW, state_of, stored_event

LATER = NOW + timedelta(hours=1)


def test_due_events_are_claimed_oldest_first_and_whole(database: Database) -> None:
    stored_event(database, "evt_1", body=b"\x00raw", livemode=True, customer_id="cus_1", refs=" in_1 ")
    stored_event(database, "evt_2", created_at=NOW - timedelta(days=1))
    taken = claim(database, now=NOW)
    assert [event.event_id for event in taken.events] == ["evt_1", "evt_2"]
    first = taken.events[0]
    assert (first.body, first.livemode, first.customer_id, first.refs) == (
        b"\x00raw",
        True,
        "cus_1",
        " in_1 ",
    )
    assert (first.created_at, first.received_at, first.attempts) == (NOW, NOW, 0)
    assert taken.events[1].created_at == NOW - timedelta(days=1)
    assert taken.events[1].livemode is None


def test_an_event_is_not_claimed_before_it_is_due(database: Database) -> None:
    stored_event(database, "evt_1")
    assert claim(database, now=NOW - timedelta(microseconds=1)).events == []
    assert len(claim(database, now=NOW).events) == 1


def test_a_claim_takes_no_more_than_its_limit(database: Database) -> None:
    for number in range(5):
        stored_event(database, f"evt_{number}")
    assert [e.event_id for e in claim(database, now=NOW, limit=3).events] == ["evt_0", "evt_1", "evt_2"]
    assert [e.event_id for e in claim(database, now=NOW, limit=3).events] == ["evt_3", "evt_4"]


def test_a_claimed_event_is_not_claimed_again_while_the_lease_lasts(database: Database) -> None:
    stored_event(database, "evt_1")
    claim(database, now=NOW)
    assert claim(database, now=LATER).events == []


def test_a_lease_that_is_over_lets_another_worker_in(database: Database) -> None:
    stored_event(database, "evt_1")
    first = claim(database, now=NOW, lease_seconds=-1)
    second = claim(database, now=NOW)
    assert [event.id for event in second.events] == [event.id for event in first.events]


def test_the_settlement_of_a_zombie_changes_nothing(database: Database) -> None:
    stored_event(database, "evt_1")
    zombie = claim(database, now=NOW, lease_seconds=-1)
    heir = claim(database, now=NOW)
    ids = [event.id for event in zombie.events]
    with database.write() as session:
        assert settle(session, zombie.token, ids, now=LATER) == 0
        pushed = push_back(session, zombie.events[0], zombie.token, "late", now=LATER, jitter=0.5)
        assert pushed is None
        assert release(session, zombie.token) == 0
    assert state_of(database, "evt_1").claim_token == heir.token
    with database.write() as session:
        assert settle(session, heir.token, ids, now=LATER) == 1


def test_a_settled_event_is_done_and_stays_so(database: Database) -> None:
    stored_event(database, "evt_1")
    taken = claim(database, now=NOW, lease_seconds=-1)
    ids = [event.id for event in taken.events]
    with database.write() as session:
        assert settle(session, taken.token, ids, now=LATER) == 1
        assert settle(session, taken.token, ids, now=LATER) == 0
        assert settle(session, taken.token, [], now=LATER) == 0
    row = state_of(database, "evt_1")
    assert (row.state, row.done_at, row.claim_token) == (InboundState.DONE, LATER, None)
    assert claim(database, now=LATER).events == []


def test_a_settlement_rolls_back_with_its_callers_transaction(database: Database) -> None:
    stored_event(database, "evt_1")
    taken = claim(database, now=NOW)
    with database.engine.connect() as connection, Session(connection) as session:
        assert settle(session, taken.token, [event.id for event in taken.events], now=LATER) == 1
    assert state_of(database, "evt_1").state == InboundState.RECEIVED


def test_a_poison_event_backs_off_and_dies_after_ten_tries(database: Database) -> None:
    stored_event(database, "evt_1")
    now, waits = NOW, []
    for attempt in range(1, 11):
        taken = claim(database, now=now)
        assert [event.attempts for event in taken.events] == [attempt - 1]
        with database.write() as session:
            state = push_back(
                session, taken.events[0], taken.token, f"bad\x00 {attempt}", now=now, jitter=1.0
            )
        row = state_of(database, "evt_1")
        assert (row.attempts, row.claim_token) == (attempt, None)
        assert state is (InboundState.DEAD if attempt == 10 else InboundState.RECEIVED)
        waits.append((row.next_at - now).total_seconds())
        now = row.next_at
    assert waits == [15, 45, 135, 405, 1215, 3645, 10935, 21600, 21600, 0]
    assert row.error == "bad\ufffd 10"
    assert claim(database, now=NOW + timedelta(days=30)).events == []


def test_a_release_gives_events_back_without_counting_a_try(database: Database) -> None:
    stored_event(database, "evt_1")
    taken = claim(database, now=NOW)
    with database.write() as session:
        assert release(session, taken.token) == 1
    assert [event.attempts for event in claim(database, now=NOW).events] == [0]


def test_what_waits_tells_when_somebody_should_look_again(database: Database) -> None:
    events = Queues({"events": waiting_events(database.is_sqlite)})
    stored_event(database, "evt_2", now=LATER)
    stored_event(database, "evt_1")
    with database.read() as session:
        assert events.due(session, NOW) == {"events"}
        assert events.due(session, NOW - timedelta(seconds=1)) == set()
        assert events.next_due(session, NOW - timedelta(seconds=1)) == NOW
    claim(database, now=NOW)
    with database.read() as session:
        assert events.due(session, NOW) == set()
        assert events.next_due(session, NOW - timedelta(seconds=1)) == LATER
        assert events.next_due(session, LATER) is None


def test_workers_side_by_side_never_share_an_event(database: Database) -> None:
    for number in range(120):
        stored_event(database, f"evt_{number}")
    taken: list[list[int]] = [[], [], []]
    gate = threading.Barrier(3)

    def work(mine: list[int]) -> None:
        gate.wait()
        while True:
            batch = claim(database, now=NOW, limit=7)
            if not batch.events:
                return
            ids = [event.id for event in batch.events]
            with database.write() as session:
                assert settle(session, batch.token, ids, now=NOW) == len(ids)
            mine += ids

    workers = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    together = [event for mine in taken for event in mine]
    assert len(together) == len(set(together)) == 120
