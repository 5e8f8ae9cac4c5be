"""Idempotency keys: the stored answer for the same request, an error for a different one.

Answers are kept once execution began: successes and declines are, refused parameters are not, so that a
corrected request may use its key again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox.errors import idempotency_mismatch
from sandbox.state import State

KEPT_STATUSES = (200, 402, 500)


@dataclass(frozen=True)
class StoredAnswer:
    fingerprint: str
    status: int
    body: bytes
    request_id: str


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def stored_answer(state: State, key: str, fingerprint: str) -> StoredAnswer | None:
    answer: StoredAnswer | None = state.answers.get(key)
    if answer is not None and answer.fingerprint != fingerprint:
        raise idempotency_mismatch(key)
    return answer


def keep_answer(state: State, key: str, answer: StoredAnswer) -> None:
    if answer.status in KEPT_STATUSES:
        state.answers[key] = answer
