"""What payment mails say, and what they never say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from app.outbox.render import MailRenderer, Rendered
from app.outbox.rendering.context import MESSAGES
from app.outbox.rendering.samples import (
    ARCHIVE,
    BANK,
    JAPAN,
    METHODS,
    PAYPAL,
    PRO,
    SAMPLE_BRAND,
    SAMPLE_SENDER,
    VISA,
    payment_context,
)
from tests.outbox.test_render import MAILS, STAGES

RENDERER = MailRenderer(
    SAMPLE_BRAND, sender=SAMPLE_SENDER, reply_to="help@northwind.example", postal_address="Street 1"
)
LINK = payment_context()["action_url"]


def render(template: str, **changes: Any) -> Rendered:
    return RENDERER.render(template, locale="en-GB", context=payment_context(**changes))


def words(mail: Rendered) -> str:
    """Everything a reader reads, without the styles and the link."""
    body = re.sub(r"<style>.*?</style>|<[^>]*>", " ", mail.html, flags=re.DOTALL)
    return f"{mail.subject} {mail.text} {body}".replace(LINK, "").lower()


def mails(**changes: Any) -> Iterator[str]:
    for template, stage, message in product(MAILS, STAGES, MESSAGES):
        yield words(render(template, stage=stage, message=message, **changes))


@pytest.mark.parametrize("method", [BANK, PAYPAL], ids=["bank_debit", "paypal"])
def test_only_a_card_is_called_a_card(method: dict[str, Any]) -> None:
    assert all(not re.search(r"\bcards?\b", text) for text in mails(method=method))


def test_a_bank_debit_is_called_by_its_name() -> None:
    for template in ("payment_failed_new_method", "payment_failed_retrying", "payment_failed_trial"):
        assert "direct debit" in words(render(template, method=BANK, message="debit_failed"))
    assert "mandate" in words(render("payment_failed_new_method", method=BANK, message="mandate_lost"))


def test_nobody_is_told_of_theft_fraud_or_funds() -> None:
    never = r"lost|stolen|fraud|theft|suspicious|insufficient|funds|balance|no money|overdue|delinquent|debt"
    for method in METHODS:
        for text in mails(method=method):
            assert not re.search(rf"\b({never})\b", text), re.search(rf"\b({never})\b", text)


def test_a_confirmation_never_sends_the_customer_off_to_another_card() -> None:
    for stage, method in product(STAGES, METHODS):
        text = words(render("payment_confirm", stage=stage, method=method, message="confirm"))
        assert not re.search(r"\b(change|update|another|replace|different|new card)\b", text)
        assert "confirm payment" in text


def test_a_retry_date_is_named_only_when_there_is_one() -> None:
    dated = render("payment_failed_retrying", next_retry_at="2026-06-04T23:00:00Z", access_ends_at=None)
    bare = render("payment_failed_retrying", next_retry_at=None, access_ends_at=None)
    assert "Friday 5 June" in dated.text  # one o'clock at night in Berlin
    assert "try again" not in bare.text
    assert not re.search(r"(mon|tues|wednes|thurs|fri|satur|sun)day", words(bare))


def test_the_last_warning_names_the_day_on_which_access_ends() -> None:
    expected = {
        "cancel": "Your Northwind Notes subscription ends on Tuesday 16 June",
        "unpaid": "Your Northwind Notes access is paused from Tuesday 16 June",
        "past_due": "Your Northwind Notes access ends on Tuesday 16 June",
    }
    for template in [name for name in MAILS if name.startswith("payment_failed")]:
        for end_action, subject in expected.items():
            mail = render(template, stage="last_warning", end_action=end_action)
            assert mail.subject == subject
            assert mail.text.count("Tuesday 16 June") == 1


def test_without_a_certain_day_no_mail_names_one() -> None:
    for text in mails(access_ends_at=None):
        assert "16 june" not in text


def test_each_stage_has_its_own_words() -> None:
    for template in [name for name in MAILS if name.startswith("payment_failed")] + ["payment_confirm"]:
        texts = {render(template, stage=stage).text for stage in STAGES}
        assert len(texts) == len(STAGES)


def test_the_last_notice_tells_what_has_happened() -> None:
    ended = words(render("payment_ended", end_action="cancel"))
    paused = words(render("payment_ended", end_action="unpaid"))
    assert "has ended" in ended
    assert "subscribe again" in ended
    assert "€29" not in ended
    assert "is paused until it is paid" in paused
    assert "pay and continue" in paused
    assert "€29.00" in paused
    assert not re.search(r"\bupdate\b|will end|ends on", ended + paused)


def test_an_expired_card_is_named_by_its_last_digits() -> None:
    mail = render("payment_failed_fix_card", message="card_expired")
    assert "ending in 4242" in mail.text
    assert "Update card details" in mail.html


def test_stopped_payments_are_a_question_and_not_a_reminder() -> None:
    mail = render("payment_consent_stopped", cancel_url="https://pay.northwind.example/cancel/t")
    assert "https://pay.northwind.example/cancel/t" in mail.text
    assert 'href="https://pay.northwind.example/cancel/t"' in mail.html
    assert {render("payment_consent_stopped", stage=stage).text for stage in STAGES} == {
        render("payment_consent_stopped").text
    }


def test_the_thank_you_asks_for_nothing() -> None:
    mail = render("payment_recovered")
    assert LINK not in mail.text + mail.html
    assert "nothing more for you to do" in mail.text


def test_several_late_payments_are_listed_with_a_total_a_currency() -> None:
    mail = render(
        "payment_failed_new_method",
        invoices=[PRO, ARCHIVE, JAPAN],
        totals=[{"amount_minor": 4150, "currency": "eur"}, {"amount_minor": 123456, "currency": "jpy"}],
    )
    assert "3 of your payments" in mail.text
    for amount in ("€29.00", "€12.50", "JP¥123,456", "Total: €41.50", "Total: JP¥123,456"):
        assert amount in mail.text
    assert "Total" not in render("payment_failed_new_method").text


def test_every_mail_says_who_writes_why_and_how_to_reach_a_person() -> None:
    for template, stage in product(MAILS, STAGES):
        text = render(template, stage=stage).text
        for needed in (
            "Northwind Notes",
            "NORTHWIND NOTES",
            "help@northwind.example",
            "You receive this mail",
            "Street 1",
        ):
            assert needed in text


def test_the_payment_method_is_the_one_that_failed() -> None:
    assert "Visa ending in 4242" in render("payment_failed_new_method", method=VISA).text
    odd = {"kind": "card", "brand": "made_up_brand", "last4": None, "label": None}
    assert "Payment method: Card\n" in render("payment_failed_new_method", method=odd).text
