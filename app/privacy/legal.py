"""Which rows prove what was said, so that their content is kept for years, and through an erasure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.contacts.states import Campaign, Purpose
from app.outbox.states import MailPurpose, MailState

LEGAL_PURPOSES = (MailPurpose.CONFIRMATION, MailPurpose.LAST_NOTICE)
LEGAL_CAMPAIGNS = tuple(c.value for c in Campaign if c.usual_purpose is Purpose.NOTICE)
"""Mails that prove what was said: confirmations, and notices that law or contract demands."""

Row = Mapping[str, Any]


class RestrictedKind(StrEnum):
    """What a record proves."""

    CONFIRMATION = "confirmation"
    NOTICE = "notice"
    CONSENT = "consent"
    DECLARATION = "declaration"  # a cancellation as it was declared
    RECEIPT = "receipt"
    TERMS = "terms"  # terms that were accepted


@dataclass(frozen=True)
class Proof:
    """How rows of a table are kept. `kind` None: this row proves nothing. `since`: from when the years count;
    None: from the erasure. `address`: the column whose address leads to it as well."""

    kind: Callable[[Row], RestrictedKind | None]
    since: Callable[[Row], datetime | None]
    address: str | None = None


def kind_of_mail(row: Row) -> RestrictedKind | None:
    """Mails that went, or may have gone, and still have their words."""
    if row["state"] not in (MailState.SENT, MailState.UNKNOWN) or row["raw"] is None or row["withheld"]:
        return None
    if row["purpose"] == MailPurpose.CONFIRMATION:
        return RestrictedKind.CONFIRMATION
    demanded = row["purpose"] == MailPurpose.LAST_NOTICE or row["campaign"] in LEGAL_CAMPAIGNS
    return RestrictedKind.NOTICE if demanded else None
