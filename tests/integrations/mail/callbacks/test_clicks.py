"""A click in a mail, as the three providers tell it by their own redirects. Made up, but for the shapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app.core.errors import BadEvent
from app.feedback.facts import MailClicked
from app.inbound.states import Source
from app.integrations.mail.callbacks import postmark, resend, ses
from tests.integrations.mail.callbacks import bodies

LINK = "https://pay.acme.example/return/a-token"
AT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
POSTMARK = {
    "RecordType": "Click",
    "MessageStream": "broadcast",
    "ClickLocation": "HTML",
    "OriginalLink": LINK,
    "Platform": "Desktop",
    "UserAgent": "Mozilla/5.0",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Recipient": bodies.ADDRESS,
    "ReceivedAt": bodies.AT,
}


def ses_click(**click: object) -> bytes:
    told = {"link": LINK, "timestamp": bodies.AT, "ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"}
    mail = bodies.SES_MAIL | {"destination": [bodies.ADDRESS]}
    return bodies.sns({"eventType": "Click", "mail": mail, "click": told | click})


def test_resend_tells_the_link_and_the_mail() -> None:
    click = {"link": LINK, "timestamp": bodies.AT, "ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"}
    (fact,) = resend.facts(bodies.resend("email.clicked", click=click))
    assert fact == MailClicked(
        address=bodies.ADDRESS, at=AT, source=Source.RESEND, provider_id="re_mail_1", link=LINK
    )


def test_postmark_tells_the_original_link() -> None:
    (fact,) = postmark.facts(json.dumps(POSTMARK).encode())
    assert fact == MailClicked(
        address=bodies.ADDRESS,
        at=AT,
        source=Source.POSTMARK,
        provider_id="883953f4-6105-42a2-a16a-77a8eac79483",
        link=LINK,
    )


def test_ses_tells_the_link_and_its_own_name_of_the_mail() -> None:
    (fact,) = ses.facts(ses_click())
    assert isinstance(fact, MailClicked)
    assert (fact.link, fact.at, fact.address) == (LINK, AT, bodies.ADDRESS)
    assert (fact.provider_id or "").startswith("Ok ")


def test_a_click_without_a_time_is_refused() -> None:
    with pytest.raises(BadEvent):
        postmark.facts(json.dumps({k: v for k, v in POSTMARK.items() if k != "ReceivedAt"}).encode())
