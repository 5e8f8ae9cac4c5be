"""Signed customer links: bound to one purpose and one subject, expiring in business time, revocable.

A token holds ids only, never a name or an address. Revocation: the subject's `epoch` is part of the
token, and whoever reads the token compares it with the row's present one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from app.core.clock import Clock
from app.core.errors import LinkExpired, LinkInvalid


class LinkPurpose(StrEnum):
    CARD = "card"
    CANCEL = "cancel"
    CANCEL_BY_MAIL = (
        "cancel_by_mail"  # in a mail about a running benefit, which must lead there until its end
    )
    CANCEL_VIEW = "cancel_view"  # the cancel page for who may look, and not act
    RETURN = "return"
    UNDO = "undo"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    SURVEY = "survey"
    NOT_ME = "not_me"  # "I have not declared this"


LIFETIMES: dict[LinkPurpose, timedelta | None] = {
    LinkPurpose.CARD: timedelta(days=14),
    LinkPurpose.CANCEL: timedelta(days=14),
    LinkPurpose.CANCEL_BY_MAIL: timedelta(days=400),
    LinkPurpose.CANCEL_VIEW: timedelta(days=14),
    LinkPurpose.SURVEY: timedelta(days=60),
    LinkPurpose.UNDO: None,  # until the period's end, which the provider tells
    LinkPurpose.RETURN: timedelta(days=60),
    LinkPurpose.NOT_ME: timedelta(days=60),
    LinkPurpose.UNSUBSCRIBE: None,
    LinkPurpose.PREFERENCES: None,
}
LONGEST_TOKEN = 1536  # one that leads back to an address of the merchant's


@dataclass(frozen=True, slots=True)
class LinkSubject:
    """What a token is about: a customer, a thing of theirs, and the epoch under which it was made.

    `back`: where the last page leads back to; `locale`: the language that the merchant asked for.
    """

    customer_id: str
    subject_id: str
    epoch: int
    back: str | None = None
    locale: str | None = None


class LinkSigner:
    """Makes and reads tokens. The first key signs, all verify, so keys can be rotated."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        if not keys:
            raise ValueError("no key to sign links with")

        class BusinessTime(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock().timestamp())

        self._keys = list(reversed(keys))  # the library signs with the last one
        self._signer = BusinessTime

    def _serializer(self, purpose: LinkPurpose) -> URLSafeTimedSerializer:
        options: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        return URLSafeTimedSerializer(
            self._keys, salt=f"reclaim.{purpose}", signer=self._signer, signer_kwargs=options
        )

    def sign(self, purpose: LinkPurpose, subject: LinkSubject) -> str:
        """A token for one purpose and subject, dated now."""
        payload: list[Any] = [subject.customer_id, subject.subject_id, subject.epoch]
        if subject.back is not None or subject.locale is not None:
            payload += [subject.back, subject.locale]
        return str(self._serializer(purpose).dumps(payload))

    def read(self, purpose: LinkPurpose, token: str) -> LinkSubject:
        """The subject of a token; raises LinkExpired for an old one, LinkInvalid for any other fault."""
        lifetime = LIFETIMES.get(purpose)
        if len(token) > LONGEST_TOKEN:
            raise LinkInvalid("this link is not one of ours")
        try:
            max_age = int(lifetime.total_seconds()) if lifetime else None
            payload = self._serializer(purpose).loads(token, max_age=max_age)
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)) != signature.encode():
                raise LinkInvalid("this link is not one of ours")  # the same bytes in another spelling
        except SignatureExpired as error:
            raise LinkExpired("this link has expired") from error
        except (BadData, ValueError) as error:
            raise LinkInvalid("this link is not one of ours") from error
        match payload:
            case [str(customer_id), str(subject_id), int(epoch)]:
                return LinkSubject(customer_id, subject_id, epoch)
            case [
                str(customer_id),
                str(subject_id),
                int(epoch),
                str() | None as back,
                str() | None as locale,
            ]:
                return LinkSubject(customer_id, subject_id, epoch, back, locale)
        raise LinkInvalid("this link is not one of ours")
