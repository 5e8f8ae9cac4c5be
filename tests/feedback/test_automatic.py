"""Whether a person has written: robots are known by what they say, and nobody else is taken for one."""

from __future__ import annotations

import pytest

from app.feedback.automatic import why_automatic

ADA = "ada@example.com"


@pytest.mark.parametrize(
    ("sender", "subject", "headers"),
    [
        (ADA, "Re: Your payment", {"auto-submitted": "auto-replied"}),
        (ADA, "Re: Your payment", {"auto-submitted": "auto-generated; type=x"}),
        (ADA, "Re: Your payment", {"precedence": "Bulk"}),
        (ADA, "Re: Your payment", {"precedence": "auto_reply"}),
        (ADA, "Re: Your payment", {"x-autoreply": "yes"}),
        (ADA, "Re: Your payment", {"return-path": "<>"}),
        (ADA, "Re: Your payment", {"content-type": "multipart/report; report-type=delivery-status"}),
        (ADA, "News", {"list-id": "<news.example.com>"}),
        ("MAILER-DAEMON@example.com", "hello", {}),
        ("no-reply@example.com", "Ticket 7 was opened", {}),
        (ADA, "Automatic reply: Your payment", {}),
        (ADA, "Out of  Office: back on Monday", {}),
        (ADA, "Abwesenheitsnotiz: Ihre Zahlung", {}),
        (ADA, "Réponse automatique : Votre paiement", {}),
        (ADA, "Undelivered Mail Returned to Sender", {}),
    ],
)
def test_a_robot_is_known(sender: str, subject: str, headers: dict[str, str]) -> None:
    """Edge case 51: an automatic answer pauses nothing."""
    assert why_automatic(sender, subject, headers)


@pytest.mark.parametrize(
    ("sender", "subject", "headers"),
    [
        (ADA, "Re: Your payment did not go through", {"in-reply-to": "<1@acme.example>"}),
        (ADA, "", {"auto-submitted": "no", "return-path": "<ada@example.com>", "precedence": "normal"}),
        ("noreplacement@example.com", "I am out of office space and money", {}),
        (ADA, "Auto insurance and my card", {"content-type": "multipart/alternative"}),
    ],
)
def test_a_person_is_not_taken_for_a_robot(sender: str, subject: str, headers: dict[str, str]) -> None:
    assert why_automatic(sender, subject, headers) is None
