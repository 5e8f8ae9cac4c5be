"""A stored mail as it left: headers, text, and the HTML part in a frame that can do nothing."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.ops.pages import FRAMING, PageRoute, render
from app.ops.ports import At
from app.ops.schemas import Key
from app.ops.session import Visitor, visitor
from app.outbox.models import Mail

router = APIRouter(prefix="/ops/mails", route_class=PageRoute, include_in_schema=False)

# The HTML part is foreign to these pages: no script, no form, no link out of the frame, nothing loaded.
BODY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a stored mail."""

    headers: list[tuple[str, str]]
    text: str
    html: str


def open_letter(raw: bytes) -> Letter:
    """The headers and both parts of a mail's bytes; a part that is absent is empty."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    headers = [(name, str(value)) for name, value in message.items()]
    return Letter(headers, _part(message, "plain"), _part(message, "html"))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


@router.get("/{mail_id}")
def show_mail(place: At, who: Annotated[Visitor, Depends(visitor)], mail_id: Key) -> Response:
    """What was, or will be, sent."""
    with place.db.read() as session:
        mail = _mail(session, mail_id)
        letter = open_letter(mail.raw) if mail.raw else None
        return render(place, "mail.html", who, headers=FRAMING, mail=mail, letter=letter)


@router.get("/{mail_id}/html")
def show_html_part(place: At, _: Annotated[Visitor, Depends(visitor)], mail_id: Key) -> Response:
    """The HTML part alone, for the frame."""
    with place.db.read() as session:
        mail = _mail(session, mail_id)
        if mail.raw is None:
            raise NotFound(f"{mail_id} was not rendered")
        return HTMLResponse(open_letter(mail.raw).html, headers=BODY_HEADERS)


def _mail(session: Session, mail_id: str) -> Mail:
    mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound(f"there is no mail {mail_id}")
    return mail
