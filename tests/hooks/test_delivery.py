"""From the row to a real server and back: signature, schedule, giving up, crashes, pauses."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from app.core.gates import Pause, SendingMode
from app.core.sealing import Sealer
from app.hooks import service
from app.hooks.ports import HookAnswer, HookUnreachable
from app.hooks.rules.schedule import RETRIES
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


def test_failed_tries_follow_the_schedule_under_one_id_and_then_a_person_is_told_once(
    board: Switchboard, receiver: Receiver
) -> None:
    endpoint = board.add(receiver)
    receiver.answers = [500, 404, 302, 429, 503, 400, 599, 500]
    board.announce()
    waits = []
    for _ in RETRIES:
        assert board.deliver() == 1
        message = board.message()
        assert message.state == "retry"
        assert board.due() == [], "it rests"
        waits.append(message.due_at - board.now)
        board.now = board.next_due() or board.now
    assert waits == list(RETRIES)
    assert board.heard() == []
    board.deliver()
    assert (board.message().state, board.message().error) == ("failed", "answered 500")
    assert board.tasks() == ["hook_failed"]
    assert [f.state for f in board.heard()] == ["failed"]
    assert len(receiver.requests) == 8
    assert set(receiver.ids) == {board.message().id}
    board.announce("grant_2:started")
    for _ in range(8):
        board.now = max(board.now, board.next_due() or board.now)
        board.deliver()
    assert board.tasks() == ["hook_failed"], "the same trouble is told once"
    assert board.endpoint(endpoint).enabled


def test_each_try_is_signed_anew(board: Switchboard, receiver: Receiver) -> None:
    board.add(receiver)
    receiver.answers = [500, 200]
    board.announce()
    board.deliver()
    board.now = board.message().due_at
    board.deliver()
    assert receiver.verified(0) == receiver.verified(1)
    assert [m.state for m in board.messages()] == ["sent"]


def test_an_endpoints_own_wish_to_wait_counts(board: Switchboard) -> None:
    board.wire = Wire([HookAnswer(503, timedelta(hours=1))])
    board.add("https://a.example/")
    board.announce()
    board.deliver()
    assert board.message().due_at == NOW + timedelta(hours=1)


def test_410_ends_it_at_once_and_drops_what_waits(board: Switchboard, receiver: Receiver) -> None:
    endpoint = board.add(receiver)
    receiver.answers = [410]
    board.announce()
    board.announce("grant_2:started")
    assert board.deliver() == 1
    found = board.endpoint(endpoint)
    assert (found.enabled, found.disabled_reason) == (False, "it answered 410 Gone: it wants no more")
    assert [m.state for m in board.messages()] == ["failed", "failed"]
    assert board.tasks() == ["hook_disabled"]
    assert len(board.heard()) == 2
    assert board.announce("grant_3:started") == 0
    assert not board.listens()


def test_five_days_of_failures_disable_it_and_enabling_starts_afresh(board: Switchboard) -> None:
    board.wire = Wire([HookUnreachable("no answer within 10 seconds")])
    endpoint = board.add("https://a.example/")
    for day in range(6):
        assert board.endpoint(endpoint).enabled, day
        board.announce(f"grant_{day}:started")
        board.deliver()
        board.now += timedelta(days=1)
    found = board.endpoint(endpoint)
    assert (found.enabled, found.failing_since) == (False, NOW)
    assert "five days" in (found.disabled_reason or "")
    assert "hook_disabled" in board.tasks()
    with board.db.write() as session:
        service.enable_endpoint(session, endpoint)
    board.wire = Wire([200])
    assert board.announce("grant_9:started") == 1
    board.deliver()
    assert board.endpoint(endpoint).failing_since is None
    assert board.messages()[-1].state == "sent"


def test_one_good_answer_ends_the_count_of_failures(board: Switchboard) -> None:
    board.wire = Wire([500, 200, 500])
    endpoint = board.add("https://a.example/")
    board.announce()
    board.deliver()
    assert board.endpoint(endpoint).failures == 1
    board.now += timedelta(days=4)
    board.deliver()
    assert (board.endpoint(endpoint).failures, board.endpoint(endpoint).failing_since) == (0, None)
    board.now += timedelta(days=4)
    board.announce("grant_2:started")
    board.deliver()
    assert board.endpoint(endpoint).enabled


def test_a_dead_endpoint_costs_a_turn_one_try_and_does_not_hold_up_the_others(board: Switchboard) -> None:
    dead, alive = Wire([HookUnreachable("no answer")]), Wire([200])

    class Both(Wire):
        def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
            return (dead if "dead" in url else alive).post(url, body, headers)

    board.wire = Both()
    board.add("https://dead.example/")
    board.add("https://alive.example/")
    for number in range(5):
        board.announce(f"grant_{number}:started")
    board.deliver()
    assert (len(dead.posted), len(alive.posted)) == (1, 5)
    assert board.due() == []
    board.now += timedelta(seconds=5)
    board.deliver()
    assert len(dead.posted) == 2


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


def test_a_failed_ping_is_an_answer_and_no_trouble(board: Switchboard) -> None:
    board.wire = Wire([500])
    endpoint = board.add("https://a.example/")
    with board.db.write() as session:
        ping = service.queue_ping(session, endpoint, now=NOW)
    assert board.delivery().deliver_one(ping) == "failed"
    assert (board.endpoint(endpoint).failures, board.tasks()) == (0, [])
    assert not board.listens()


def test_a_secret_that_no_key_opens_is_a_failure_that_can_be_mended(board: Switchboard) -> None:
    board.wire = wire = Wire()
    board.add("https://a.example/")
    board.announce()
    board.deliver(sealer=Sealer(["another key"], "hooks"))
    assert (board.message().state, wire.posted) == ("retry", [])
    assert "RECLAIM_SECRET_KEYS" in (board.message().error or "")
    board.now = board.message().due_at
    board.deliver()
    assert board.message().state == "sent"


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


def test_one_acknowledgement_of_several_endpoints_is_enough(board: Switchboard) -> None:
    class Split(Wire):
        def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
            return HookAnswer(410 if "gone" in url else 200)

    board.wire = Split()
    board.add("https://gone.example/")
    board.add("https://b.example/")
    board.announce()
    board.delivery(threads=1).deliver(board.due())
    assert sorted(m.state for m in board.messages()) == ["failed", "sent"]
    assert [f.state for f in board.heard()] == ["sent"]


def test_that_nobody_acknowledged_is_told_by_the_last_that_fails(board: Switchboard) -> None:
    board.wire = Wire([410])
    board.add("https://a.example/")
    board.add("https://b.example/")
    board.announce()
    board.deliver()
    assert [m.state for m in board.messages()] == ["failed", "failed"]
    assert [f.state for f in board.heard()] == ["failed"]
