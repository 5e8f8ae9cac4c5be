"""Postmark: a user and a password, and what its records tell."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from app.core.errors import BadEvent, BadSignature, ConfigurationError
from app.feedback.facts import MailBounced, MailComplained, MailResubscribed, MailUnsubscribed
from app.inbound.ports import Envelope
from app.integrations.mail.callbacks.postmark import facts, postmark_door
from app.outbox.states import BounceKind
from tests.integrations.mail.callbacks.bodies import ADDRESS, LOGIN, basic, postmark, subscription_change

AT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
MAIL = "883953f4-6105-42a2-a16a-77a8eac79483"


def admit(body: bytes, headers: dict[bytes, bytes], *logins: str) -> Envelope:
    door = postmark_door(logins or (LOGIN,))
    assert door.admit is not None
    return door.admit(headers, body, 0.0)


def test_a_bounce_is_known_by_its_number() -> None:
    found = admit(postmark(), basic())
    assert (found.id, found.type, found.created) == ("Bounce:4323372036854775807", "Bounce", AT)
    assert (found.object_id, found.refs) == (MAIL, f" {MAIL} ")


def test_a_record_without_a_number_is_known_by_its_bytes() -> None:
    body = subscription_change(True)
    first, again, other = (admit(b, basic()).id for b in (body, body, subscription_change(False)))
    assert first == again != other


def test_each_known_login_opens_also_while_one_is_replaced() -> None:
    assert admit(postmark(), basic("new:one"), LOGIN, "new:one")
    assert admit(postmark(), {b"authorization": b"bAsIc " + b64encode(LOGIN.encode())})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("reclaim:wrong"),
        basic("reclaim:"),
        basic(":"),
        {b"authorization": b"Basic"},
        {b"authorization": b"Basic %%%"},
        {b"authorization": b"Bearer " + b64encode(LOGIN.encode())},
    ],
)
def test_any_other_login_opens_nothing(headers: dict[bytes, bytes]) -> None:
    with pytest.raises(BadSignature):
        admit(postmark(), headers)


def test_without_a_login_the_door_is_shut_and_half_a_one_is_named() -> None:
    assert postmark_door(()).admit is None
    for login in ("reclaim", "reclaim:", ":secret"):
        with pytest.raises(ConfigurationError, match="RECLAIM_POSTMARK_WEBHOOK_LOGINS"):
            postmark_door([login])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"Type": "HardBounce"}',
        postmark(Email="nobody"),
        postmark(BouncedAt="soon"),
        postmark(BouncedAt=None),
        postmark(RecordType="B%"),
        subscription_change(True).replace(b"true", b"null"),
        json.dumps({"RecordType": "Delivery"}).encode(),
    ],
)
def test_a_body_that_is_no_record_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        admit(body, basic())


@pytest.mark.parametrize("type_", ["HardBounce", "BadEmailAddress", "ManuallyDeactivated"])
def test_a_dead_address_is_a_hard_bounce(type_: str) -> None:
    (fact,) = facts(postmark(Type=type_))
    assert fact == MailBounced(
        address=ADDRESS, at=AT, source="postmark", provider_id=MAIL, kind=BounceKind.HARD,
        detail="smtp;550 5.1.1 (recipient) unknown",
    )  # fmt: skip


@pytest.mark.parametrize("type_", ["SoftBounce", "Transient", "DnsError", "Blocked", "SpamNotification"])
def test_a_delay_is_a_soft_bounce(type_: str) -> None:
    (fact,) = facts(postmark(Type=type_))
    assert isinstance(fact, MailBounced)
    assert fact.kind is BounceKind.SOFT


@pytest.mark.parametrize(
    "type_", ["AutoResponder", "ChallengeVerification", "VirusNotification", "Subscribe"]
)
def test_an_automatic_answer_is_no_bounce(type_: str) -> None:
    assert facts(postmark(Type=type_)) == []


def test_a_complaint_may_come_as_a_record_or_as_a_bounce() -> None:
    for body in (postmark(RecordType="SpamComplaint"), postmark(Type="SpamComplaint")):
        (fact,) = facts(body)
        assert fact == MailComplained(address=ADDRESS, at=AT, source="postmark", provider_id=MAIL)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("ManualSuppression", MailUnsubscribed), ("SpamComplaint", MailComplained), ("HardBounce", MailBounced)],
)
def test_a_suppression_says_why(reason: str, kind: type) -> None:
    (fact,) = facts(subscription_change(True, reason=reason))
    assert type(fact) is kind


def test_only_the_recipient_can_take_an_unsubscription_back() -> None:
    (fact,) = facts(subscription_change(False))
    assert fact == MailResubscribed(address=ADDRESS, at=AT, source="postmark", provider_id=MAIL)
    for origin in ("Customer", "Admin"):
        assert facts(subscription_change(False, origin=origin)) == []


def test_a_suppression_by_hand_names_no_mail() -> None:
    body = subscription_change(True, origin="Customer", reason="ManualSuppression").replace(
        f'"{MAIL}"'.encode(), b"null"
    )
    (fact,) = facts(body)
    assert (type(fact), fact.provider_id) == (MailUnsubscribed, None)


def test_a_delivery_is_stored_and_tells_nothing() -> None:
    body = json.dumps(
        {"RecordType": "Delivery", "MessageID": MAIL, "DeliveredAt": "2026-04-02T09:30:00Z"}
    ).encode()
    assert admit(body, basic()).type == "Delivery"
    assert facts(body) == []
