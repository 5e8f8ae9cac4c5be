"""A secret is replaced while messages go on: for a day both sign, then the new one alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.core.acts import OperatorAct
from app.hooks.managing import HookDesk
from tests.hooks.switchboard import SEALER, Switchboard, Wire


def secret_of(board: Switchboard, endpoint: str) -> str:
    return SEALER.open(board.endpoint(endpoint).secret).decode()


def verifies(board: Switchboard, secret: str) -> bool:
    """Whether the last request holds under a secret, by the standard's own library."""
    assert isinstance(board.wire, Wire)
    _, body, headers = board.wire.posted[-1]
    try:
        Webhook(secret).verify(body.decode(), headers)
    except WebhookVerificationError:
        return False
    return True


def test_for_a_day_a_message_verifies_under_either_secret(board: Switchboard) -> None:
    board.wire = Wire()
    endpoint = board.add("https://a.example/")
    old = secret_of(board, endpoint)
    new = HookDesk(board.delivery()).rotate(endpoint, who="mira")
    assert new == secret_of(board, endpoint) != old
    board.now += timedelta(hours=24) - timedelta(seconds=1)
    board.announce("a")
    board.deliver()
    assert (verifies(board, old), verifies(board, new)) == (True, True)
    board.now += timedelta(seconds=1)
    board.announce("b")
    board.deliver()
    assert (verifies(board, old), verifies(board, new)) == (False, True)
    with board.db.read() as session:
        assert [(a.act, a.who, a.before) for a in session.query(OperatorAct)] == [
            ("hooks.rotate", "mira", {})
        ]


def test_of_two_rotations_only_the_last_secret_signs_along(board: Switchboard) -> None:
    board.wire = Wire()
    endpoint = board.add("https://a.example/")
    first = secret_of(board, endpoint)
    desk = HookDesk(board.delivery())
    second = desk.rotate(endpoint, who="mira")
    third = desk.rotate(endpoint, who="mira")
    board.announce()
    board.deliver()
    assert [verifies(board, s) for s in (first, second, third)] == [False, True, True]


@pytest.mark.parametrize("hours", [0, 25])
def test_an_old_secret_that_cannot_be_opened_matters_only_while_it_signs(
    board: Switchboard, hours: int
) -> None:
    board.wire = Wire()
    endpoint = board.add("https://a.example/")
    HookDesk(board.delivery()).rotate(endpoint, who="mira")
    with board.db.write() as session:
        session.get_one(type(board.endpoint(endpoint)), endpoint).old_secret = b"not ours"
    board.now += timedelta(hours=hours)
    board.announce()
    board.deliver()
    assert board.message().state == ("retry" if hours == 0 else "sent")
