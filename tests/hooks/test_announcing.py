"""What is put down: one message an endpoint that wants it, never twice, with nothing but what was given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.core.errors import InvalidInput, NotFound
from app.core.sealing import Sealer, Unreadable
from app.hooks import service
from app.hooks.states import HookType
from tests.hooks.switchboard import NOW, SEALER, Switchboard, Wire


def test_every_endpoint_that_wants_the_type_gets_one_message(board: Switchboard) -> None:
    everything = board.add("https://a.example/")
    cases = board.add("https://b.example/", HookType.CASE_OPENED)
    assert board.announce(plan="pro") == 1
    assert board.announce("case_1:opened", HookType.CASE_OPENED) == 2
    assert sorted((m.endpoint_id, m.type) for m in board.messages()) == sorted(
        [(everything, "entitlement.changed"), (everything, "case.opened"), (cases, "case.opened")]
    )


def test_the_same_key_is_told_once_for_ever(board: Switchboard) -> None:
    board.add("https://a.example/")
    assert [board.announce(), board.announce()] == [1, 0]
    with board.db.write() as session:
        for _ in range(2):
            service.announce(
                session, type=HookType.CASE_LOST, key="case_1:lost", customer_id="cus_1", data={}, now=NOW
            )
    assert len(board.messages()) == 2


def test_an_announcement_goes_with_its_transaction(board: Switchboard) -> None:
    board.add("https://a.example/")
    with board.db.write() as session:
        service.announce(
            session, type=HookType.CASE_LOST, key="case_1:lost", customer_id="cus_1", data={}, now=NOW
        )
        session.rollback()
    assert board.messages() == []


def test_where_nobody_listens_a_batch_costs_one_small_look(board: Switchboard) -> None:
    asked: list[str] = []
    with board.db.write() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
        for number in range(50):
            service.announce(
                session,
                type=HookType.CASE_OPENED,
                key=f"case_{number}:opened",
                customer_id="cus_1",
                data={},
                now=NOW,
            )
    assert len(asked) == 1


def test_instants_within_are_written_like_everywhere(board: Switchboard) -> None:
    board.add("https://a.example/")
    board.announce(until=NOW + timedelta(days=1), nested={"at": [NOW]}, amount_minor=2900)
    assert board.message().body == {
        "type": "entitlement.changed",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {
            "until": "2026-03-03T10:00:00Z",
            "nested": {"at": ["2026-03-02T10:00:00Z"]},
            "amount_minor": 2900,
        },
    }


def test_a_secret_is_kept_sealed_and_told_once(board: Switchboard) -> None:
    with board.db.write() as session:
        endpoint, secret = service.add_endpoint(session, "https://a.example/", [], SEALER, now=NOW)
    kept = board.endpoint(endpoint.id).secret
    assert secret.startswith("whsec_")
    assert secret.encode() not in kept
    assert SEALER.open(kept).decode() == secret
    with pytest.raises(Unreadable):
        Sealer(["a-key-for-tests"], "another use").open(kept)


def test_nobody_asks_for_pings(board: Switchboard) -> None:
    with pytest.raises(InvalidInput):
        board.add("https://a.example/", HookType.PING)


def test_what_waits_for_a_removed_endpoint_is_told_no_more_and_its_waiter_hears_it(
    board: Switchboard,
) -> None:
    board.wire = Wire()
    endpoint = board.add("https://a.example/")
    board.announce(plan="pro")
    with board.db.write() as session:
        service.remove_endpoint(session, endpoint, now=NOW)
    assert (board.message().state, board.deliver()) == ("cancelled", 0)
    assert [(f.state, f.key, f.data) for f in board.heard()] == [
        ("cancelled", "grant_1:started", {"plan": "pro"})
    ]
    with pytest.raises(NotFound), board.db.write() as session:
        service.remove_endpoint(session, endpoint, now=NOW)


def test_a_listener_is_believed_for_thirty_days_after_it_acknowledged(board: Switchboard) -> None:
    board.wire = Wire()
    endpoint = board.add("https://a.example/", HookType.ENTITLEMENT_CHANGED)
    assert not board.listens(), "it was never tested"
    with board.db.write() as session:
        ping = service.queue_ping(session, endpoint, now=NOW)
    board.delivery().deliver_one(ping)
    assert board.endpoint(endpoint).tested_at == NOW
    assert board.listens()
    assert not board.listens(HookType.CASE_LOST), "it does not want these"
    board.now += timedelta(days=30)
    assert board.listens()
    board.now += timedelta(seconds=1)
    assert not board.listens()
