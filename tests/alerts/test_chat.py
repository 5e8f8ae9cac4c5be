"""A chat hears of it by the delivery of webhooks: sealed address, unsigned, once, and never a person's data."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.core.db import Database
from app.core.errors import Conflict
from app.core.gates import Pause, SendingMode
from app.core.sealing import Sealer
from app.hooks import chat, repository, service
from app.hooks.managing import HookDesk
from app.hooks.states import HookState
from tests.hooks.switchboard import NOW, SEALER, Switchboard, Wire

SLACK = "https://chat.example/services/T0/B0/s3cr3t"
OTHER = "https://other.example/hooks/x"


def listen(board: Switchboard, *urls: str, sealer: Sealer = SEALER) -> None:
    with board.db.write() as session:
        chat.keep_in_step(session, urls, lambda: sealer, now=board.now)


def say(board: Switchboard, text: str = "a sentence", key: str = "case_1:high_value") -> int:
    with board.db.write() as session:
        return chat.say(session, key=key, text=text, customer_id="cus_1", now=board.now)


def posted(board: Switchboard) -> list[tuple[str, dict[str, str]]]:
    assert isinstance(board.wire, Wire)
    return [(url, json.loads(body)) for url, body, _ in board.wire.posted]


def test_every_chat_is_told_once_at_its_own_address(board: Switchboard) -> None:
    listen(board, SLACK, OTHER)
    assert (say(board), say(board)) == (2, 0)
    board.deliver()
    assert sorted(posted(board)) == [(SLACK, {"text": "a sentence"}), (OTHER, {"text": "a sentence"})]
    assert isinstance(board.wire, Wire)
    assert all("webhook-signature" not in headers for _, _, headers in board.wire.posted)
    assert [m.state for m in board.messages()] == ["sent", "sent"]


def test_the_address_of_a_chat_cannot_be_read_in_the_database(board: Switchboard) -> None:
    listen(board, SLACK)
    row = board.endpoint(chat.chat_id(SLACK))
    assert row.url == "chat.example"
    assert b"s3cr3t" not in row.secret
    assert "s3cr3t" not in row.id


def test_chats_and_systems_hear_only_what_is_meant_for_them(board: Switchboard) -> None:
    listen(board, SLACK)
    everything = board.add("https://a.example/")
    assert board.announce() == 1
    assert say(board) == 1
    told = {m.type: m.endpoint_id for m in board.messages()}
    assert told == {"entitlement.changed": everything, "alert": chat.chat_id(SLACK)}


def test_chats_follow_the_environment_and_what_waits_for_a_former_one_is_dropped(board: Switchboard) -> None:
    listen(board, SLACK, OTHER)
    say(board)
    listen(board, OTHER)
    states = {m.endpoint_id: m.state for m in board.messages()}
    assert states == {chat.chat_id(SLACK): HookState.CANCELLED, chat.chat_id(OTHER): HookState.QUEUED}
    listen(board)
    with board.db.read() as session:
        assert repository.endpoints(session) == []


def test_a_chat_whose_key_is_gone_is_sealed_anew_from_the_environment(board: Switchboard) -> None:
    listen(board, SLACK, sealer=Sealer(["a key of last year"], "hooks"))
    say(board)
    assert [board.delivery().deliver_one(m.id) for m in board.messages()] == [HookState.RETRY]
    listen(board, SLACK)
    board.now += timedelta(minutes=1)
    board.deliver()
    assert posted(board) == [(SLACK, {"text": "a sentence"})]


def test_a_chat_that_does_not_answer_is_tried_again(board: Switchboard) -> None:
    listen(board, SLACK)
    board.wire = Wire([500, 200])
    say(board)
    board.deliver()
    board.now = board.message().due_at
    board.deliver()
    assert (board.message().state, len(posted(board))) == ("sent", 2)


def test_shadow_and_the_kill_switch_hold_for_chats_too(board: Switchboard) -> None:
    listen(board, SLACK)
    say(board)
    board.pause(Pause.ALL)
    assert board.deliver() == 0
    board.pause(Pause.CAMPAIGNS)
    board.deliver(mode=SendingMode.parse("shadow"))
    assert (board.message().state, board.message().error) == ("cancelled", "shadow")
    assert posted(board) == []


def test_a_test_of_a_chat_is_a_sentence_and_its_place_is_the_environment(board: Switchboard) -> None:
    listen(board, SLACK)
    desk = HookDesk(board.delivery())
    endpoint = chat.chat_id(SLACK)
    assert desk.test(endpoint, who="mira").state == "sent"
    assert posted(board) == [(SLACK, {"text": service.TEST_WORDS})]
    with pytest.raises(Conflict):
        desk.remove(endpoint, who="mira")
    with pytest.raises(Conflict):
        desk.rotate(endpoint, who="mira")


def test_nothing_is_sealed_where_there_is_no_chat(database: Database) -> None:
    """A command without RECLAIM_SECRET_KEYS starts as before."""

    def none() -> Sealer:
        raise AssertionError("asked for a key")

    with database.write() as session:
        chat.keep_in_step(session, [], none, now=NOW)
