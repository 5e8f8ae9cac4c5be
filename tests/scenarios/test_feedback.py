"""What comes back from mail, from the provider's call to what the customer gets next."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select

from app.contacts.models import Suppression
from app.contacts.states import Campaign, Stream
from app.core.db import Database
from app.outbox.models import Mail
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose
from tests.integrations.mail.callbacks.bodies import LOGIN, RESEND_SECRET, postmark, resend, resend_headers
from tests.scenarios.diary import Diary, open_diary

pytestmark = pytest.mark.same_on_both

CALLBACKS: dict[str, Any] = {"postmark_webhook_logins": LOGIN, "resend_webhook_secrets": RESEND_SECRET}


def call_back(diary: Diary, **fields: Any) -> None:
    """Postmark tells of the newest mail, as it does: over the real route, with the login in its address."""
    body = postmark(BouncedAt=diary.now.isoformat(), **fields)
    login = b64encode(LOGIN.encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    assert diary.web.post("/webhooks/mail/postmark", content=body, headers=headers).status_code == 200
    diary.tick()


def suppressed(diary: Diary) -> list[tuple[str, str]]:
    with diary.application.db.read() as session:
        return [(s.scope, s.reason) for s in session.scalars(select(Suppression))]


def test_after_a_hard_bounce_no_further_mail_leaves_and_a_person_is_asked(database: Database) -> None:
    """Edge case 52."""
    with open_diary(database, **CALLBACKS) as diary:
        diary.failing("stolen_card")
        diary.until("2026-04-01T12:00:00")
        assert len(diary.sent()) == 1

        for _ in range(2):
            call_back(diary)
        assert suppressed(diary) == [("all", "hard_bounce")]
        assert diary.says("came back (hard)")

        diary.until("2026-04-16T12:00:00")
        assert len(diary.sent()) == 1
        assert [t.kind for t in diary.tasks()].count("no_working_email") == 1


def test_a_complaint_holds_the_case_until_a_person_lets_it_go_on(database: Database) -> None:
    """Edge case 52."""
    with open_diary(database, **CALLBACKS) as diary:
        diary.failing("stolen_card")
        diary.until("2026-04-01T12:00:00")
        call_back(diary, RecordType="SpamComplaint", Type="SpamComplaint")

        assert (diary.case().state, suppressed(diary)) == ("held", [("marketing", "complaint")])
        diary.until("2026-04-09T12:00:00")
        assert len(diary.sent()) == 1
        assert "complaint" in [t.kind for t in diary.tasks()]

        diary.release_case()
        diary.until("2026-04-16T12:00:00")
        assert len(diary.sent()) > 1


def test_a_callback_that_came_twice_and_late_is_one_event(database: Database) -> None:
    with open_diary(database, **CALLBACKS) as diary:
        diary.failing("stolen_card")
        diary.until("2026-04-01T12:00:00")
        at = diary.now.isoformat()
        body = resend(at=at, bounce={"type": "Transient", "message": "mailbox full"})
        for _ in range(3):
            headers = {k.decode(): v.decode() for k, v in resend_headers(body).items()}
            assert diary.web.post("/webhooks/mail/resend", content=body, headers=headers).status_code == 200
        diary.tick()
        (mail,) = (m for m in diary.mails() if m.bounced_at)
        assert (mail.bounce_kind, mail.bounced_at) == ("soft", diary.now)
        assert suppressed(diary) == []


def test_a_marketing_mail_is_signed_and_left_by_one_click(database: Database) -> None:
    """Edge case 53 of win-back. No campaign sends marketing yet: the mail is put into the outbox by hand."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signing: dict[str, Any] = {"dkim_domain": "acme.example", "dkim_selector": "s1", "dkim_key": pem}
    sender: dict[str, Any] = {"mail_marketing_from": "Acme <hello@news.acme.example>"}
    with open_diary(database, **CALLBACKS, **signing, **sender) as diary:
        diary.failing("stolen_card")
        diary.until("2026-04-01T12:00:00")
        transactional = diary.mailbox.mails[0]
        assert transactional["From"] == "Acme <billing@acme.example>"
        assert transactional["List-Unsubscribe"] is None

        _invite(diary)
        diary.tick()
        invitation = diary.mailbox.mails[1]
        assert invitation["From"] == "Acme <hello@news.acme.example>"
        assert invitation["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for raw in diary.mailbox.raw:
            assert dkim.verify(raw, dnsfunc=lambda *_, **__: b"v=DKIM1; p=" + b64encode(public))
        covered = str(invitation["DKIM-Signature"]).lower()
        assert "list-unsubscribe" in covered
        assert "list-unsubscribe-post" in covered

        url = re.fullmatch(r"<(.+)>", invitation["List-Unsubscribe"])
        assert url is not None
        assert url[1] in invitation.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        path = urlsplit(url[1]).path
        assert diary.web.get(path).status_code == 200
        assert suppressed(diary) == []
        answer = diary.web.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, len(answer.cookies)) == (200, 0)
        assert suppressed(diary) == [("marketing", "unsubscribe")]

        diary.until("2026-04-05T12:00:00")
        assert len(diary.sent()) > 2, "reminders of the running contract go on"


def test_a_second_try_of_a_marketing_mail_carries_the_same_links(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("stolen_card")
        diary.until("2026-04-01T12:00:00")
        _invite(diary)
        application = diary.application
        with application.db.read() as session:
            mail = session.scalars(select(Mail).where(Mail.stream == Stream.MARKETING)).one()
        first = application.runner.mails._render(mail, diary.now)
        application.test_clock.set(diary.now + timedelta(minutes=2))
        again = application.runner.mails._render(mail, diary.now)
        assert first.headers["List-Unsubscribe"] == again.headers["List-Unsubscribe"]
        assert (first.text, first.html) == (again.text, again.html)


def _invite(diary: Diary) -> None:
    old = diary.mails()[0]
    with diary.application.db.write() as session:
        queue_mail(
            session,
            key="invitation",
            name="payment_recovered",
            purpose=MailPurpose.CONFIRMATION,
            campaign=Campaign.WINBACK,
            stream=Stream.MARKETING,
            customer_id=old.customer_id,
            case_id=old.case_id,
            step_id=None,
            to_address=old.to_address,
            locale=old.locale,
            context=old.context,
            due_at=diary.now,
            now=diary.now,
        )
