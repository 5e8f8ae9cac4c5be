"""Failed tries: the schedule, what ends an endpoint, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

from app.core.sealing import Sealer
from app.hooks import service
from app.hooks.ports import HookAnswer, HookUnreachable
from app.hooks.rules.schedule import RETRIES
from tests.hooks.receiver import Receiver
from tests.hooks.switchboard import NOW, Switchboard, Wire

GONE = timedelta(seconds=-1)


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
