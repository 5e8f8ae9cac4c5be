"""What tells two methods over the same card or account apart from two different ones."""

from __future__ import annotations

import hashlib


def fingerprint(number: str) -> str:
    """The same number gives the same 16 characters, as one account at the provider sees it."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]
