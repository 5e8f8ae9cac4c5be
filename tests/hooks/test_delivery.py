"""From the row to a real server and back: signature, schedule, giving up, crashes, pauses."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from app.core.gates import Pause, SendingMode
from app.hooks import service
from app.hooks.ports import HookAnswer
from app.hooks.states import HookType
from tests.hooks.receiver import Receiver
from tests.hooks.switchboard import NOW, Switchboard, Wire

GONE = timedelta(seconds=-1)


class Crash(BaseException):
    """The process is gone at this point."""


def test_a_message_arrives_signed_as_the_standard_says(board: Switchboard, receiver: Receiver) -> None:
    board.add(receiver)
    board.announce(plan="Größe L", amount_minor=2900)
    assert board.deliver() == 1
    path, headers, body = receiver.requests[0]
    told = receiver.verified()
    assert told == {
        "type": "entitlement.changed",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {"plan": "Größe L", "amount_minor": 2900},
    }
    assert (path, headers["webhook-id"]) == ("/hooks?shop=1", board.message().id)
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "Größe".encode() in body
    assert (board.message().state, board.message().status) == ("sent", 204)


def test_a_2xx_to_a_changed_entitlement_is_heard_by_the_front_door(
    board: Switchboard, receiver: Receiver
) -> None:
    endpoint = board.add(receiver)
    board.announce(plan="pro")
    board.announce("case_1:opened", HookType.CASE_OPENED)
    board.deliver()
    (fact,) = board.heard()
    assert (fact.state, fact.key, fact.customer_id) == ("sent", "grant_1:started", "cus_1")
    assert (fact.type, fact.data, fact.endpoint_id) == ("entitlement.changed", {"plan": "pro"}, endpoint)
    assert board.listens()


def test_each_try_is_signed_anew(board: Switchboard, receiver: Receiver) -> None:
    board.add(receiver)
    receiver.answers = [500, 200]
    board.announce()
    board.deliver()
    board.now = board.message().due_at
    board.deliver()
    assert receiver.verified(0) == receiver.verified(1)
    assert [m.state for m in board.messages()] == ["sent"]


def test_a_worker_that_dies_after_the_answer_tells_it_again_under_the_same_id(
    board: Switchboard, receiver: Receiver
) -> None:
    board.add(receiver)
    board.announce()

    class Dying(Wire):
        def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
            board.wire.post(url, body, headers)
            raise Crash

    with pytest.raises(Crash):
        board.deliver(wire=Dying(), lease=GONE)
    assert board.message().state == "sending"
    assert board.delivery().sweep() == 1
    board.deliver()
    assert board.message().state == "sent"
    assert receiver.ids == [board.message().id] * 2
    assert receiver.verified(0) == receiver.verified(1)
    assert len(board.heard()) == 1


def test_what_a_zombie_comes_back_with_is_discarded(board: Switchboard) -> None:
    endpoint = board.add("https://a.example/")
    board.announce()

    class Overtaken(Wire):
        def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
            board.wire = Wire([200])
            board.delivery().sweep()
            board.deliver()
            return HookAnswer(410)

    board.deliver(wire=Overtaken(), lease=GONE)
    assert (board.message().state, board.endpoint(endpoint).enabled) == ("sent", True)
    assert [f.state for f in board.heard()] == ["sent"]


def test_two_workers_do_not_tell_it_twice(board: Switchboard, receiver: Receiver) -> None:
    board.add(receiver)
    board.announce()
    due = board.due()
    states: list[object] = []

    def meanwhile(_: BaseHTTPRequestHandler) -> None:
        states.append(board.delivery().deliver_one(due[0][0]))

    receiver.before_answer = meanwhile
    board.deliver()
    assert (states, len(receiver.requests)) == ([None], 1)


def test_a_pause_of_campaigns_lets_it_pass_and_a_pause_of_all_does_not(board: Switchboard) -> None:
    board.wire = Wire()
    board.add("https://a.example/")
    board.announce()
    board.pause(Pause.ALL)
    assert board.deliver() == 0
    board.pause(Pause.CAMPAIGNS)
    assert board.deliver() == 1


def test_in_shadow_nothing_leaves_but_a_test_that_a_person_asks_for(board: Switchboard) -> None:
    board.wire = wire = Wire()
    endpoint = board.add("https://a.example/")
    board.announce()
    with board.db.write() as session:
        service.queue_ping(session, endpoint, now=NOW)
    board.deliver(mode=SendingMode.parse("shadow"))
    assert sorted((m.type, m.state, m.error) for m in board.messages()) == [
        ("entitlement.changed", "cancelled", "shadow"),
        ("ping", "sent", None),
    ]
    assert len(wire.posted) == 1


def test_nothing_is_told_about_an_erased_person_any_more(board: Switchboard) -> None:
    board.wire = wire = Wire()
    board.add("https://a.example/")
    board.announce()
    board.announce("grant_2:started", customer="cus_2")
    with board.db.write() as session:
        service.forget_customer(session, "cus_1", now=NOW)
    board.deliver()
    assert [m.state for m in board.messages()] == ["cancelled", "sent"]
    assert len(wire.posted) == 1
    assert [f.customer_id for f in board.heard()] == ["cus_2"]


def test_a_fault_of_our_own_counts_as_a_failed_try_and_holds_up_nothing(board: Switchboard) -> None:
    board.wire = Wire([RuntimeError("a bug"), 200])
    board.add("https://a.example/")
    board.announce()
    assert board.deliver() == 1
    assert (board.message().state, board.message().error) == ("retry", "RuntimeError: a bug")
    board.now = board.message().due_at
    board.deliver()
    assert board.message().state == "sent"
