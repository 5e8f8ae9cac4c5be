"""SES through SNS, by contract only: a certificate of our own, and a fetch that hands it out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.errors import BadEvent, BadSignature, ConfigurationError, NotStored, ProviderError
from app.feedback.facts import MailBounced, MailComplained, MailResubscribed, MailUnsubscribed
from app.inbound.ports import Envelope
from app.inbound.states import Source
from app.integrations.mail.callbacks.desk import MailCallbacks
from app.integrations.mail.callbacks.ses import facts, ses_door
from app.outbox.states import BounceKind
from tests.integrations.mail.callbacks.bodies import (
    ADDRESS,
    CERTIFICATE_URL,
    CONFIRM_URL,
    TOPIC,
    certificate,
    confirmation,
    ses_bounce,
    ses_complaint,
    ses_subscription,
    sns,
    sns_key,
)

AT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
NOW = AT.timestamp() + 60


@dataclass
class Web:
    """Hands out what is there, and remembers who asked."""

    pages: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE_URL: certificate()})
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise NotStored("no answer from Amazon SNS: ConnectError")
        return self.pages[url]


def admit(
    body: bytes, web: Web | None = None, *, now: float = NOW, topics: tuple[str, ...] = (TOPIC,)
) -> Envelope:
    door = ses_door(topics, (web or Web()).fetch)
    assert door.admit is not None
    return door.admit({}, body, now)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_a_message_that_sns_has_signed_for_our_topic_is_let_in(version: str, more: dict[str, Any]) -> None:
    found = admit(sns(ses_bounce(), version=version, **more))
    assert (found.id, found.type, found.created) == ("165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Bounce", AT)
    assert found.refs == " 0102018f3c1e-1-000000 0123abcd@acme.example "


def test_the_certificate_is_fetched_once() -> None:
    web = Web()
    door = ses_door([TOPIC], web.fetch)
    assert door.admit is not None
    assert door.waits
    for _ in range(3):
        door.admit({}, sns(ses_bounce()), NOW)
    assert web.asked == [CERTIFICATE_URL]


def test_another_topic_is_refused_however_well_it_is_signed_and_nothing_is_fetched() -> None:
    web = Web()
    with pytest.raises(BadSignature, match="topic"):
        admit(sns(ses_bounce(), TopicArn=TOPIC + "-of-eve"), web)
    assert web.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
        "https://sns.eu-west-1.amazonaws.com.eve.example/SimpleNotificationService-0123.pem",
        "https://eve@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
        "https://sns.eu-west-1.amazonaws.com/eve.pem",
        "https://sns.eu-west-1.amazonaws.com/a/../SimpleNotificationService-0123.pem",
        "https://[/SimpleNotificationService-0123.pem",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_certificate_comes_only_from_the_topics_own_host(url: str) -> None:
    web = Web(pages={url: certificate()})
    with pytest.raises(BadSignature, match="certificate"):
        admit(sns(ses_bounce(), SigningCertURL=url), web)
    assert web.asked == []


def test_another_key_another_word_or_another_hash_does_not_fit() -> None:
    whole = sns(ses_bounce())
    forged = [
        sns(ses_bounce(), key=sns_key("eve")),
        whole.replace(ADDRESS.encode(), b"eve@example.com"),
        whole.replace(b'"SignatureVersion": "2"', b'"SignatureVersion": "1"'),
        whole.replace(b'"SignatureVersion": "2"', b'"SignatureVersion": "3"'),
        json.dumps({**json.loads(whole), "Signature": "%%%"}).encode(),
        json.dumps({**json.loads(whole), "Subject": "put in later"}).encode(),
    ]
    for body in forged:
        with pytest.raises(BadSignature):
            admit(body)


@pytest.mark.parametrize("late", [timedelta(hours=1, minutes=6), timedelta(minutes=-6)])
def test_an_old_message_and_one_from_the_future_are_refused(late: timedelta) -> None:
    with pytest.raises(BadSignature, match="too old"):
        admit(sns(ses_bounce()), now=(AT + late).timestamp())


def test_a_certificate_whose_time_is_over_or_that_is_none_proves_nothing() -> None:
    for pem in (certificate(valid_days=0), b"<html>", b""):
        with pytest.raises(BadSignature):
            admit(sns(ses_bounce()), Web(pages={CERTIFICATE_URL: pem}))


def test_where_the_certificate_cannot_be_read_the_sender_is_asked_to_come_again() -> None:
    with pytest.raises(NotStored):
        admit(sns(ses_bounce()), Web(pages={}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        json.dumps(ses_bounce()).encode(),
        sns(ses_bounce()).replace(b'"Notification"', b'"Something"'),
        sns({"eventType": "Bounce"}),
        sns({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}),
        sns(ses_bounce("Permanent", "nobody")),
        sns(ses_bounce(), MessageId="a b"),
        sns("{not json"),
    ],
)
def test_a_body_that_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        admit(body)


def test_a_topic_must_be_one_and_without_any_the_door_is_shut() -> None:
    assert ses_door([], Web().fetch).admit is None
    with pytest.raises(ConfigurationError, match="RECLAIM_SES_TOPICS"):
        ses_door(["mail-feedback"], Web().fetch)


@pytest.mark.parametrize("named", ["eventType", "notificationType"])
def test_a_permanent_bounce_is_hard_and_names_the_mail_as_smtp_was_told(named: str) -> None:
    (fact,) = facts(sns(ses_bounce(named=named)))
    assert fact == MailBounced(
        address=ADDRESS, at=AT, source="ses", provider_id="Ok 0102018f3c1e-1-000000",
        message_id="0123abcd@acme.example", kind=BounceKind.HARD,
        detail="smtp; 550 5.1.1 <(recipient)>: user unknown",
    )  # fmt: skip


@pytest.mark.parametrize("type_", ["Transient", "Undetermined"])
def test_any_other_bounce_is_soft_for_each_recipient(type_: str) -> None:
    told = facts(sns(ses_bounce(type_, ADDRESS, "bob@example.com")))
    assert [(f.address, f.kind) for f in told if isinstance(f, MailBounced)] == [
        (ADDRESS, BounceKind.SOFT),
        ("bob@example.com", BounceKind.SOFT),
    ]


def test_a_complaint_counts_but_not_its_opposite() -> None:
    for feedback in ("abuse", None):
        (fact,) = facts(sns(ses_complaint(feedback)))
        assert isinstance(fact, MailComplained)
    assert facts(sns(ses_complaint("not-spam"))) == []


def test_the_providers_own_unsubscribe_page_is_the_persons_doing_both_ways() -> None:
    (left,) = facts(sns(ses_subscription(before=False, after=True)))
    (back,) = facts(sns(ses_subscription(before=True, after=False)))
    assert (type(left), type(back)) == (MailUnsubscribed, MailResubscribed)
    assert facts(sns(ses_subscription(before=False, after=False))) == []


@pytest.mark.parametrize(
    "message", [{"eventType": "Delivery", "mail": {}}, "Successfully validated SNS topic"]
)
def test_everything_else_is_stored_and_tells_nothing(message: Any) -> None:
    assert admit(sns(message))
    assert facts(sns(message)) == []


def test_a_subscription_of_ours_is_confirmed_by_the_worker() -> None:
    assert admit(confirmation()).type == "SubscriptionConfirmation"
    web = Web(pages={CONFIRM_URL: b"<ConfirmSubscriptionResponse/>"})
    assert MailCallbacks(ses_topics=[TOPIC], fetch=web.fetch).read(Source.SES, confirmation()) == []
    assert web.asked == [CONFIRM_URL]


def test_a_confirmation_that_does_not_go_through_is_tried_again() -> None:
    with pytest.raises(ProviderError) as failure:
        MailCallbacks(ses_topics=[TOPIC], fetch=Web().fetch).read(Source.SES, confirmation())
    assert not failure.value.permanent


def test_a_confirmation_leads_nowhere_but_to_the_topics_own_host() -> None:
    web = Web()
    desk = MailCallbacks(ses_topics=[TOPIC], fetch=web.fetch)
    for url in ("https://eve.example/?Action=ConfirmSubscription", "https://sns.us-east-1.amazonaws.com/"):
        desk.read(Source.SES, confirmation(SubscribeURL=url))
    desk.read(Source.SES, confirmation(TopicArn=TOPIC + "-of-eve"))
    assert web.asked == []
