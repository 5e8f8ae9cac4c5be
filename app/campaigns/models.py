"""Stored versions of campaign definitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class CampaignVersion(Base):
    """A definition as it was; `id` is a digest of kind and definition, so the same one is stored once."""

    __tablename__ = "campaign_versions"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    definition: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
