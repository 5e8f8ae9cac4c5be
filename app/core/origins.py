"""Origins of web addresses, and which of them a page of ours may lead back to. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LONGEST_URL = 8000
LONGEST_RETURN_URL = 500
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?")
_PLAIN = re.compile(r"[!-~]+")


def origin_of(url: str | None) -> str | None:
    """`https://invoice.example/i/1?x` is `https://invoice.example`; None for what is no web address."""
    if not url or not _PLAIN.fullmatch(url) or len(url) > LONGEST_URL or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        if parts.username is not None:
            return None
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        return None
    return origin if _ORIGIN.fullmatch(origin) else None


def may_lead_back(url: str | None, origins: Collection[str]) -> bool:
    """Whether a customer may be sent back to this address of the merchant's."""
    return url is not None and len(url) <= LONGEST_RETURN_URL and origin_of(url) in origins


def _origin(value: str) -> str:
    origin = origin_of(value)
    if origin is None or value.lower() not in (origin, origin + "/"):
        raise ValueError("origins are written without a path, as in https://app.example.com")
    return origin


class LinkPolicy(BaseModel):
    """The `[links]` table of reclaim.toml. `return_origins`: where a `return_url` may lead; empty: nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_origins: list[Annotated[str, AfterValidator(_origin)]] = Field([], max_length=20)
