"""Everything held about one person, for the person to read."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import NotFound
from app.inbound.models import InboundConflict, InboundEvent
from app.outbox.models import Mail
from app.privacy.events import PAGE, Traces, conflicts_of, event_pages
from app.privacy.holdings import HOLDINGS
from app.privacy.person import Person, gather


def export(db: Database, clock: Clock, customer_id: str) -> dict[str, Any]:
    """JSON: `{"customer_id", "exported_at", "held": {table: [row]}, "events": [...]}`.

    Instants are RFC 3339; a mail has its text as it was read; an event its body as the provider sent it.
    Rows that only the address leads to (suppressions, consents) are there too. Raises NotFound.
    """
    with db.read() as session:
        person = gather(session, customer_id)
    traces = Traces(person)
    found = [event_id for _, page in event_pages(db, traces) for event_id in page]
    if not person.known and not found:
        raise NotFound(f"nothing is held about {customer_id}")
    return {
        "customer_id": customer_id,
        "exported_at": plain(clock()),
        "held": {name: rows for name, rows in _held(person).items() if rows},
        "events": _events(db, found) + _kept_aside(db, traces),
    }


def _held(person: Person) -> dict[str, list[dict[str, Any]]]:
    held = {}
    for holding in HOLDINGS:
        name = holding.table.name
        rows = person.rows[name]
        held[name] = [{k: plain(v) for k, v in row.items() if k not in holding.hidden} for row in rows]
        if name == Mail.__tablename__:
            for shown, row in zip(held[name], rows, strict=True):
                shown["text"] = mail_text(row["raw"])
    return held


def mail_text(raw: bytes | None) -> str | None:
    """The words of a mail as its reader saw them; None for one that was never made."""
    if not raw:
        return None
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain", "html"))
    return str(part.get_content()) if part is not None else None


def _events(db: Database, ids: list[int]) -> list[dict[str, Any]]:
    shown = []
    for start in range(0, len(ids), PAGE):
        query = select(InboundEvent).where(InboundEvent.id.in_(ids[start : start + PAGE]))
        with db.read() as session:
            for row in session.scalars(query.order_by(InboundEvent.id)):
                shown.append(
                    {
                        "id": row.event_id,
                        "source": row.source,
                        "type": row.type,
                        "created_at": plain(row.created_at),
                        "state": row.state,
                        "body": _json(row.body),
                    }
                )
    return shown


def _kept_aside(db: Database, traces: Traces) -> list[dict[str, Any]]:
    with db.read() as session:
        ids = conflicts_of(session, traces)
        rows = session.scalars(select(InboundConflict).where(InboundConflict.id.in_(ids)))
        return [
            {"id": r.event_id, "source": r.source, "state": "kept aside", "body": _json(r.body)} for r in rows
        ]


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")


def plain(value: Any) -> Any:
    """A column's value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
