"""Resend: Svix signatures, and what its events tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import real_now
from app.core.errors import BadEvent, BadSignature, ConfigurationError
from app.feedback.facts import MailBounced, MailComplained, MailUnsubscribed
from app.inbound.ports import Envelope
from app.integrations.mail.callbacks.resend import facts, resend_door
from app.outbox.states import BounceKind
from tests.integrations.mail.callbacks.bodies import ADDRESS, RESEND_SECRET, resend, resend_headers

AT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
OTHER_SECRET = "whsec_b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="


def admit(body: bytes, headers: dict[bytes, bytes], *secrets: str) -> Envelope:
    door = resend_door(secrets or (RESEND_SECRET,))
    assert door.admit is not None
    return door.admit(headers, body, 0.0)


def test_a_signed_event_is_known_by_the_id_of_its_delivery() -> None:
    body = resend()
    found = admit(body, resend_headers(body, id_="msg_2abc"))
    assert (found.id, found.type, found.created) == ("msg_2abc", "email.bounced", AT)
    assert (found.object_id, found.refs, found.livemode) == ("re_mail_1", " re_mail_1 ", None)


def test_any_known_secret_and_any_of_several_signatures_will_do() -> None:
    body = resend()
    old, new = resend_headers(body, secret=OTHER_SECRET), resend_headers(body)
    assert admit(body, old, RESEND_SECRET, OTHER_SECRET)
    both = {**new, b"svix-signature": old[b"svix-signature"] + b" " + new[b"svix-signature"]}
    assert admit(body, both)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_five_minutes(minutes: int) -> None:
    body = resend()
    with pytest.raises(BadSignature):
        admit(body, resend_headers(body, at=real_now() + timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "changed",
    [
        {b"svix-signature": b""},
        {b"svix-signature": b"v1"},
        {b"svix-signature": b"v1,%%%"},
        {b"svix-signature": b"v2,AAAA"},
        {b"svix-id": b"msg_other"},
        {b"svix-timestamp": b"nan"},
        {b"svix-timestamp": b"9" * 400},
        {b"svix-timestamp": b"\xff"},
    ],
)
def test_a_forged_header_opens_nothing(changed: dict[bytes, bytes]) -> None:
    body = resend()
    with pytest.raises(BadSignature):
        admit(body, resend_headers(body) | changed)


def test_another_body_under_a_good_signature_opens_nothing() -> None:
    body = resend()
    for forged in (body + b" ", b"\xff" + body, resend(to=["eve@example.com"])):
        with pytest.raises(BadSignature):
            admit(forged, resend_headers(body))
    with pytest.raises(BadSignature):
        admit(body, resend_headers(body, secret=OTHER_SECRET))


def test_without_a_secret_the_door_is_shut_and_a_mangled_one_is_named() -> None:
    assert resend_door(()).admit is None
    for secret in ("whsec_", "whsec_ä"):
        with pytest.raises(ConfigurationError, match="RECLAIM_RESEND_WEBHOOK_SECRETS"):
            resend_door([secret])


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"type": "email.bounced"}',
        resend("email.bounced", to="not a list"),
        resend("email.bounced", to=["nobody"]),
        resend(at="2026-04-02T09:30:00"),
        resend("EMAIL <b>"),
        b'{"type": "x", "created_at": "2026-04-02T09:30:00Z", "data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        admit(body, resend_headers(body))


def test_a_permanent_bounce_is_hard_and_its_words_hide_the_address() -> None:
    (fact,) = facts(resend())
    assert fact == MailBounced(
        address=ADDRESS, at=AT, source="resend", provider_id="re_mail_1", kind=BounceKind.HARD,
        detail="550 5.1.1 <(recipient)>: no such user",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_any_other_bounce_is_soft(kind: str) -> None:
    (fact,) = facts(resend(bounce={"type": kind, "message": "full"}))
    assert isinstance(fact, MailBounced)
    assert fact.kind is BounceKind.SOFT


def test_what_resend_would_not_even_try_is_a_hard_bounce() -> None:
    reason = {"type": "OnAccountSuppressionList", "message": "suppressed before"}
    (fact,) = facts(resend("email.suppressed", suppressed=reason))
    assert isinstance(fact, MailBounced)
    assert (fact.kind, fact.detail) == (BounceKind.HARD, "suppressed before")


def test_a_complaint_is_told_for_each_recipient() -> None:
    told = facts(resend("email.complained", to=[ADDRESS, "Bob <bob@example.com>"]))
    assert [type(f) for f in told] == [MailComplained, MailComplained]
    assert [f.address for f in told] == [ADDRESS, "bob@example.com"]


def test_only_an_unsubscription_of_a_contact_counts_as_the_other_way_may_be_the_merchants_doing() -> None:
    (fact,) = facts(resend("contact.updated", email=ADDRESS, unsubscribed=True))
    assert fact == MailUnsubscribed(address=ADDRESS, at=AT, source="resend")
    assert facts(resend("contact.updated", email=ADDRESS, unsubscribed=False)) == []


@pytest.mark.parametrize(
    "type_", ["email.delivered", "email.opened", "email.delivery_delayed", "domain.updated"]
)
def test_everything_else_is_stored_and_tells_nothing(type_: str) -> None:
    body = resend(type_, to=None)
    assert admit(body, resend_headers(body)).type == type_
    assert facts(body) == []
