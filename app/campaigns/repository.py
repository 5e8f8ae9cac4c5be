"""Store a definition once, find it again by its version."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.models import CampaignVersion


def version_of(kind: str, definition: dict[str, Any]) -> str:
    """A short digest of a definition: the same definition always has the same version."""
    text = json.dumps([kind, definition], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def remember(session: Session, kind: str, definition: dict[str, Any], *, now: datetime) -> str:
    """Keep a definition; returns its version."""
    version = version_of(kind, definition)
    if session.get(CampaignVersion, version) is None:
        session.merge(CampaignVersion(id=version, kind=kind, definition=definition, created_at=now))
        session.flush()
    return version


def definition_of(session: Session, version: str) -> dict[str, Any] | None:
    row = session.get(CampaignVersion, version)
    return row.definition if row else None
