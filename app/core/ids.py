"""Identifiers and random tokens: the only home of randomness outside the tests."""

from __future__ import annotations

import secrets

import uuid_utils


def new_id(prefix: str) -> str:
    """An identifier that sorts by creation time: `case_` + 32 hex digits of a UUIDv7."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def new_token() -> str:
    """A fencing token: whoever holds the row's present token may settle it, nobody else."""
    return secrets.token_hex(8)


def new_secret(n_bytes: int = 32) -> str:
    """A URL-safe secret of `n_bytes` random bytes."""
    return secrets.token_urlsafe(n_bytes)
