"""Callbacks as the providers document them, and how each proves itself. Made up, but for the shapes."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook

from app.core.clock import real_now
from app.integrations.mail.callbacks.sns import canonical, read_message

ADDRESS = "ada@example.com"
AT = "2026-04-02T09:30:00.000Z"

RESEND_SECRET = "whsec_" + b64encode(b"a secret of the tests, 24+").decode()
LOGIN = "reclaim:a long password"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-feedback"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM_URL = (
    f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
)


def resend(type_: str = "email.bounced", *, at: str = AT, **data: Any) -> bytes:
    """A hard bounce, or what `type_` and `data` say."""
    known: dict[str, Any] = {
        "created_at": at,
        "email_id": "re_mail_1",
        "from": "Acme <billing@acme.example>",
        "to": [ADDRESS],
        "subject": "Your payment did not go through",
    }
    if type_ == "email.bounced":
        known["bounce"] = {
            "message": f"550 5.1.1 <{ADDRESS}>: no such user",
            "subType": "General",
            "type": "Permanent",
        }
    return json.dumps({"type": type_, "created_at": at, "data": known | data}).encode()


def resend_headers(
    body: bytes, *, secret: str = RESEND_SECRET, id_: str = "msg_1", at: datetime | None = None
) -> dict[bytes, bytes]:
    at = at or real_now()
    signature = Webhook(secret).sign(id_, at, body.decode())
    return {
        b"svix-id": id_.encode(),
        b"svix-timestamp": str(int(at.timestamp())).encode(),
        b"svix-signature": signature.encode(),
    }


def postmark(**fields: Any) -> bytes:
    """A hard bounce, or what `fields` say."""
    known = {
        "RecordType": "Bounce",
        "MessageStream": "outbound",
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": f"smtp;550 5.1.1 {ADDRESS} unknown",
        "Email": ADDRESS,
        "From": "billing@acme.example",
        "BouncedAt": AT,
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Your payment did not go through",
        "ServerID": 23,
    }
    return json.dumps(known | fields).encode()


def postmark_inbound(answers: str | None = None, **fields: Any) -> bytes:
    """A person's mail to the inbound address; `answers`: the Message-ID that it names."""
    headers = [{"Name": "Received-SPF", "Value": "Pass"}]
    if answers:
        headers += [{"Name": "In-Reply-To", "Value": answers}, {"Name": "References", "Value": answers}]
    known = {
        "FromName": "Ada",
        "MessageStream": "inbound",
        "From": ADDRESS,
        "FromFull": {"Email": ADDRESS, "Name": "Ada", "MailboxHash": ""},
        "To": "reply@in.acme.example",
        "Subject": "Re: Your payment did not go through",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "Date": "Thu, 2 Apr 2026 05:30:00 -04:00",
        "TextBody": "I will pay on Friday.",
        "HtmlBody": "",
        "StrippedTextReply": "I will pay on Friday.",
        "Headers": headers,
        "Attachments": [],
    }
    return json.dumps(known | fields).encode()


def subscription_change(suppress: bool, *, origin: str = "Recipient", reason: str | None = None) -> bytes:
    fields = {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "broadcast",
        "ChangedAt": AT,
        "Recipient": ADDRESS,
        "Origin": origin,
        "SuppressSending": suppress,
        "SuppressionReason": reason,
        "Tag": None,
    }
    return json.dumps(fields).encode()


def basic(login: str = LOGIN) -> dict[bytes, bytes]:
    return {b"authorization": b"Basic " + b64encode(login.encode())}


SES_MAIL = {
    "timestamp": AT,
    "source": "billing@acme.example",
    "messageId": "0102018f3c1e-1-000000",
    "destination": [ADDRESS],
    "headersTruncated": False,
    "headers": [
        {"name": "From", "value": "Acme <billing@acme.example>"},
        {"name": "Message-ID", "value": "<0123abcd@acme.example>"},
    ],
}


def ses_bounce(type_: str = "Permanent", *recipients: str, named: str = "eventType") -> dict[str, Any]:
    return {
        named: "Bounce",
        "mail": SES_MAIL,
        "bounce": {
            "bounceType": type_,
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": r,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": f"smtp; 550 5.1.1 <{r}>: user unknown",
                }
                for r in recipients or (ADDRESS,)
            ],
            "timestamp": AT,
            "feedbackId": "0102018f3c1e-feedback-000000",
            "reportingMTA": "dsn; a7-1.smtp-out.eu-west-1.amazonses.com",
        },
    }


def ses_complaint(feedback: str | None = "abuse") -> dict[str, Any]:
    told = {"complainedRecipients": [{"emailAddress": ADDRESS}], "timestamp": AT}
    if feedback:
        told["complaintFeedbackType"] = feedback
    return {"notificationType": "Complaint", "mail": SES_MAIL, "complaint": told}


def ses_subscription(before: bool, after: bool) -> dict[str, Any]:
    return {
        "eventType": "Subscription",
        "mail": SES_MAIL,
        "subscription": {
            "contactList": "news",
            "timestamp": AT,
            "source": "UnsubscribeHeader",
            "newTopicPreferences": {"unsubscribeAll": after},
            "oldTopicPreferences": {"unsubscribeAll": before},
        },
    }


def sns(message: Any, *, version: str = "2", key: rsa.RSAPrivateKey | None = None, **fields: Any) -> bytes:
    """A signed SNS message. `message`: the notification, or plain words."""
    known: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": AT,
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    }
    known |= fields
    unsigned = json.dumps({**known, "Signature": ""}).encode()
    scheme = SHA1() if version == "1" else SHA256()
    signature = (key or sns_key()).sign(canonical(read_message(unsigned)), padding.PKCS1v15(), scheme)
    return json.dumps({**known, "Signature": b64encode(signature).decode()}).encode()


def confirmation(**fields: Any) -> bytes:
    words = "You have chosen to subscribe to the topic. To confirm, visit the SubscribeURL."
    more = {"Type": "SubscriptionConfirmation", "Token": "2336412f37", "SubscribeURL": CONFIRM_URL}
    return sns(words, **more | fields)


@lru_cache(maxsize=2)
def sns_key(name: str = "sns") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey | None = None, *, valid_days: int = 365) -> bytes:
    """A certificate of our own in place of Amazon's."""
    key = key or sns_key()
    begin = datetime(2026, 4, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin - timedelta(days=10))
    signed = builder.not_valid_after(begin + timedelta(days=valid_days)).sign(key, SHA256())
    return signed.public_bytes(Encoding.PEM)
