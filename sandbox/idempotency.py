"""Idempotency keys: the stored answer for the same request, an error for a different one.

Answers are kept once execution began: successes and declines are, refused parameters are not, so that a
corrected request may use its key again. They are forgotten after a day of sandbox time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.clock import DAY
from sandbox.errors import idempotency_key_in_use, idempotency_mismatch
from sandbox.state import State

KEPT_STATUSES = (200, 402, 500)
KEPT_SECONDS = DAY


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered under a key, and when (`at`, in seconds of the sandbox's own time)."""

    fingerprint: str
    status: int
    body: bytes
    request_id: str
    at: int


@contextmanager
def key_in_use(state: State, key: str | None) -> Iterator[None]:
    """Holds the key while its request waits and is carried out; 409 for a second one that comes meanwhile."""
    if key is None:
        yield
        return
    with state.keys_guard:
        if key in state.keys_in_use:
            raise idempotency_key_in_use(key)
        state.keys_in_use.add(key)
    try:
        yield
    finally:
        with state.keys_guard:
            state.keys_in_use.discard(key)


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def stored_answer(state: State, key: str, fingerprint: str) -> StoredAnswer | None:
    """The answer to replay, None for a new or a forgotten key."""
    answer: StoredAnswer | None = state.answers.get(key)
    if answer is None or answer.at <= state.main.now - KEPT_SECONDS:
        return None
    if answer.fingerprint != fingerprint:
        raise idempotency_mismatch(key)
    return answer


def keep_answer(state: State, key: str, answer: StoredAnswer) -> None:
    """Store it, and drop what is too old; answers lie in the order of their times."""
    if answer.status not in KEPT_STATUSES:
        return
    state.answers.pop(key, None)
    state.answers[key] = answer
    while (oldest := next(iter(state.answers))) != key and (
        state.answers[oldest].at <= answer.at - KEPT_SECONDS
    ):
        del state.answers[oldest]
