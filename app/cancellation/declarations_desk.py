"""Take declarations in, and write what became of them. Callers open the transaction and pass `now`."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.cancellation.declarations import (
    TASK_PREFIX,
    Declaration,
    DeclarationKind,
    DeclarationState,
)
from app.cancellation.rules.presets import Preset
from app.contacts import service as contacts
from app.core.ids import new_id
from app.outbox.service import open_task

TASK_WITHIN = timedelta(days=2)
UNDECIDED = (DeclarationState.RECEIVED, DeclarationState.ASKED)


def receive(
    session: Session, content: dict[str, Any], *, preset: Preset, locale: str, now: datetime
) -> Declaration:
    """Store a cancellation from the open form; the worker looks at once whose it may be.

    It says nothing of whether the address is known, and takes as long for either. The same words within the
    same hour, as from a button pressed twice, are one declaration.
    """
    said = hashlib.sha256(msgspec.json.encode([content, preset.name], order="sorted")).hexdigest()
    key = f"form:{now:%Y%m%dT%H}:{said}"
    query = select(Declaration).where(Declaration.key == key)
    known = session.scalar(query)
    if known is not None:
        return known
    kind = DeclarationKind.CANCELLATION
    try:
        with session.begin_nested():
            return store(session, kind, content, key=key, preset=preset, locale=locale, look_at=now, now=now)
    except IntegrityError:  # the other press of the button was quicker
        return session.scalars(query).one()


def store(
    session: Session,
    kind: DeclarationKind,
    content: dict[str, Any],
    *,
    key: str,
    preset: Preset,
    locale: str,
    now: datetime,
    look_at: datetime | None = None,
    state: DeclarationState = DeclarationState.RECEIVED,
    customer_id: str | None = None,
    subscription_id: str | None = None,
) -> Declaration:
    """A new row; `key` must be unknown."""
    row = Declaration(
        id=new_id("decl"),
        key=key,
        kind=kind,
        state=state,
        received_at=now,
        look_at=look_at,
        customer_id=customer_id,
        subscription_id=subscription_id,
        address_hash=contacts.hashed(session, content.get("email")),
        content=content,
        preset=preset.name,
        preset_version=preset.version,
        locale=locale,
    )
    session.add(row)
    session.flush()
    return row


def confirm(session: Session, customer_id: str, subscription_id: str, *, now: datetime) -> int:
    """The customer has cancelled by a signed link: what waited for that is settled; returns how many."""
    query = select(Declaration).where(
        Declaration.customer_id == customer_id,
        Declaration.kind == DeclarationKind.CANCELLATION,
        Declaration.state.in_(UNDECIDED),
    )
    rows = [
        row
        for row in session.scalars(query.with_for_update())
        if row.subscription_id in (None, subscription_id)
    ]
    for row in rows:
        _settle(row, DeclarationState.CONFIRMED, now)
    return len(rows)


def disown(session: Session, customer_id: str, declaration_id: str, *, now: datetime) -> bool:
    """ "This was not me": it waits no longer, and a person is told. False if it was settled otherwise before."""
    row = session.scalar(select(Declaration).where(Declaration.id == declaration_id).with_for_update())
    if row is None or row.customer_id != customer_id:
        return False
    if row.state == DeclarationState.ASKED:
        _settle(row, DeclarationState.DISOWNED, now)
        open_task(
            session,
            key=f"{TASK_PREFIX}{row.id}",
            kind="declaration_disowned",
            title="Somebody else has declared a cancellation in a customer's name",
            detail=f"{row.id}: the customer says that it was not them. Nothing was changed.",
            customer_id=customer_id,
            now=now,
        )
    return row.state == DeclarationState.DISOWNED


def hand_over(session: Session, row: Declaration, *, why: str, now: datetime) -> None:
    """A person sees to it, within `TASK_WITHIN`."""
    _settle(row, DeclarationState.TASK, now)
    open_task(
        session,
        key=f"{TASK_PREFIX}{row.id}",
        kind="declared_cancellation",
        title="A cancellation was declared, and a person must see to it",
        detail=f"{why}\nReceived {row.received_at:%Y-%m-%d %H:%M} UTC, {row.id}.\n{written(row.content)}",
        customer_id=row.customer_id,
        due_at=now + TASK_WITHIN,
        now=now,
    )


def written(content: dict[str, Any]) -> str:
    """What was typed, one line a field, for a person who works on it."""
    return "\n".join(f"{name}: {value}" for name, value in content.items())


def _settle(row: Declaration, state: DeclarationState, now: datetime) -> None:
    row.state, row.look_at, row.settled_at = state, None, now
