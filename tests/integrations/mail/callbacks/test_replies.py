"""Incoming mails as Postmark and Resend tell of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.errors import BadEvent
from app.feedback.facts import MailAnswered
from app.integrations.mail.callbacks import postmark, resend
from app.integrations.mail.callbacks.replies import UNTOLD, mail_date, named_in
from tests.integrations.mail.callbacks.bodies import (
    ADDRESS,
    AT,
    LOGIN,
    RESEND_SECRET,
    basic,
    postmark_inbound,
    resend_headers,
)
from tests.integrations.mail.callbacks.bodies import resend as resend_body

NOW = 1_775_000_000.0


def told(body: bytes) -> MailAnswered:
    (fact,) = postmark.facts(body)
    assert isinstance(fact, MailAnswered)
    return fact


def test_postmarks_incoming_mail_names_its_sender_and_what_it_answers() -> None:
    fact = told(postmark_inbound("<0123abcd@acme.example>"))
    assert (fact.address, fact.answers_to, fact.automatic) == (ADDRESS, ("0123abcd@acme.example",), None)
    assert fact.at == datetime(2026, 4, 2, 9, 30, tzinfo=UTC)


def test_its_words_are_no_part_of_the_fact_and_of_no_column() -> None:
    body = postmark_inbound("<0123abcd@acme.example>", TextBody="planted-secret", Subject="planted-secret")
    admit = postmark.postmark_door([LOGIN]).admit
    assert admit is not None
    envelope = admit(basic(), body, NOW)
    assert "planted-secret" not in repr(told(body)) + repr(envelope)
    assert envelope.id == "Inbound:73e6d360-66eb-11e1-8e72-a8904824019b"
    assert "0123abcd@acme.example" in envelope.refs.split()
    assert ADDRESS not in repr(envelope)


@pytest.mark.parametrize("fields", [{"From": ""}, {"From": "nobody"}, {"MessageID": None}, {"Headers": 7}])
def test_a_body_without_what_matters_is_no_event(fields: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        postmark.facts(postmark_inbound("<x@y>", **fields))


def test_an_automatic_reply_is_marked() -> None:
    headers = [{"Name": "Auto-Submitted", "Value": "auto-replied"}]
    assert told(postmark_inbound("<x@y>", Headers=headers)).automatic == "it says Auto-Submitted"


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("Thu, 2 Apr 2026 11:30:00 +0200", datetime(2026, 4, 2, 9, 30, tzinfo=UTC)),
        ("Thu, 2 Apr 2026 11:30:00 +02:00", datetime(2026, 4, 2, 9, 30, tzinfo=UTC)),
        ("2 Apr 2026 09:30:00 -0000", datetime(2026, 4, 2, 9, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("Thu, 2 Apr 1066 11:30:00 +0200", None),
    ],
)
def test_the_date_is_read_as_servers_write_it_or_passed_over(value: str | None, at: datetime | None) -> None:
    assert mail_date(value) == at


def test_a_mail_without_a_good_date_is_an_answer_all_the_same() -> None:
    assert told(postmark_inbound("<x@y>", Date="soon")).at == UNTOLD


def test_the_nearest_message_comes_first_and_rubbish_is_left_out() -> None:
    assert named_in("<b@x>", "<a@x> no-id <b@x>") == ("b@x", "a@x")
    assert len(named_in("", " ".join(f"<{n}@x>" for n in range(99)))) == 20
    assert named_in("", "<" + "a" * 300 + "@x>") == ()


def test_resends_incoming_mail_names_its_sender_and_headers_where_it_has_them() -> None:
    parts: dict[str, Any] = {"from": f"Ada <{ADDRESS}>", "to": ["billing@acme.example"]}
    body = resend_body("email.received", **parts, headers={"In-Reply-To": "<1@acme.example>"})
    (fact,) = resend.facts(body)
    assert isinstance(fact, MailAnswered)
    assert (fact.address, fact.answers_to) == (ADDRESS, ("1@acme.example",))
    admit = resend.resend_door([RESEND_SECRET]).admit
    assert admit is not None
    assert admit(resend_headers(body), body, NOW).type == "email.received"


def test_resends_incoming_mail_without_headers_is_known_by_its_subject() -> None:
    body = json.loads(resend_body("email.received", subject="Automatic reply: your payment", at=AT))
    (fact,) = resend.facts(json.dumps(body).encode())
    assert isinstance(fact, MailAnswered)
    assert fact.automatic
