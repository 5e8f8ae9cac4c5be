"""Sentences for people, to a chat's incoming webhook: the same delivery as webhooks, unsigned.

The addresses come from the environment, not from a command, because whoever knows one may write to the
chat: the database holds them sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.core.sealing import Sealer, Unreadable
from app.hooks import repository, service
from app.hooks.models import HookEndpoint
from app.hooks.states import ALERT, EndpointKind

_CHATS = "hooks.chats"


def say(session: Session, *, key: str, text: str, now: datetime, customer_id: str | None = None) -> int:
    """Tell every chat once under this key, for ever; how many were told.

    `text` is Slack's plain markup; app/alerts makes it, without a person's name or address.
    """
    chats = session.info.get(_CHATS)
    if chats is None:
        chats = session.info[_CHATS] = [e for e, _ in repository.wanting(session, EndpointKind.CHAT)]
    return sum(
        repository.add_message(
            session,
            id=new_id("msg"),
            endpoint_id=endpoint_id,
            key=key,
            type=ALERT,
            customer_id=customer_id,
            body={"text": text},
            due_at=now,
            created_at=now,
        )
        for endpoint_id in chats
    )


def keep_in_step(
    session: Session, urls: Sequence[str], sealer: Callable[[], Sealer], *, now: datetime
) -> None:
    """Make the chats those of the environment: new ones are added, others let go, unreadable ones mended.

    `sealer` is asked for only where there is something to seal.
    """
    wanted = {chat_id(url): url for url in urls}
    query = select(HookEndpoint).where(HookEndpoint.kind == EndpointKind.CHAT)
    known = {row.id: row for row in session.scalars(query)}
    for gone in known.keys() - wanted.keys():
        service.remove_endpoint(session, gone, now=now)
    for endpoint_id, url in wanted.items():
        row = known.get(endpoint_id)
        if row is None:
            with suppress(IntegrityError), session.begin_nested():  # another process starts just now
                session.add(_endpoint(endpoint_id, url, sealer(), now))
        elif not _opens(row, sealer()):
            row.secret = sealer().seal(url.encode())
    session.flush()


def chat_id(url: str) -> str:
    """The id of an address: it tells one chat from another, and nothing of the address."""
    return f"chat_{hashlib.sha256(url.encode()).hexdigest()[:20]}"


def _endpoint(endpoint_id: str, url: str, sealer: Sealer, now: datetime) -> HookEndpoint:
    return HookEndpoint(
        id=endpoint_id,
        kind=EndpointKind.CHAT,
        url=urlsplit(url).hostname or "",
        secret=sealer.seal(url.encode()),
        events=[ALERT],
        created_at=now,
    )


def _opens(row: HookEndpoint, sealer: Sealer) -> bool:
    try:
        sealer.open(row.secret)
    except Unreadable:
        return False
    return True
