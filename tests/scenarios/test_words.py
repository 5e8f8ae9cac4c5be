"""What the mails of real stories say: money, methods, names, links."""

import re

import pytest

from app.core.db import Database
from tests.scenarios.diary import Diary, open_diary

pytestmark = pytest.mark.same_on_both


def words_of(diary: Diary, index: int = -1) -> str:
    """The mail's text without its links."""
    return re.sub(r"https?://\S+", "", diary.mailbox.text(index))


@pytest.mark.parametrize(
    ("magic", "code", "named"),
    [
        ("pm_sepaDebit", "insufficient_funds", "SEPA Direct Debit ending in 3000"),
        ("pm_sepaDebit", "debit_not_authorized", "SEPA Direct Debit ending in 3000"),
        ("pm_paypal", "generic_decline", "PayPal"),
    ],
)
def test_debits_and_wallets_are_never_called_cards(
    database: Database, magic: str, code: str, named: str
) -> None:
    """Edge case 20."""
    with open_diary(database) as diary:
        diary.failing(code, payment_method=magic, card=None, currency="eur")
        diary.until("2026-04-15T10:00:00")
        assert diary.mailbox.mails
        for index in range(len(diary.mailbox.mails)):
            assert f"Payment method: {named}" in words_of(diary, index)
            mail = words_of(diary, index) + str(diary.mailbox.mails[index]["subject"])
            assert not re.search(r"\bcards?\b", mail, re.IGNORECASE)


def test_a_bank_debit_that_comes_back_after_days_opens_a_case_then(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("account_closed", payment_method="pm_usBankAccount", card=None)
        diary.until("2026-04-04T10:00:00")
        assert diary.cases() == []  # still under way
        diary.until("2026-04-05T12:00:00")
        assert diary.case().category == "hard"
        assert diary.sent() == [("04-05", "payment_failed_new_method")]


def test_card_and_reason_are_those_of_the_failed_payment_not_of_todays_card(database: Database) -> None:
    """Edge case 20."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds", card="4000056655665556", default_on="subscription")
        diary.until("2026-04-03T12:00:00")
        method = diary.merchant.payment_methods.attach("pm_card_mastercard", {"customer": ada.customer})
        diary.merchant.customers.update(
            ada.customer, {"invoice_settings": {"default_payment_method": method.id}}
        )
        diary.until("2026-04-06T12:00:00")
        assert "Visa ending in 5556" in words_of(diary)


@pytest.mark.parametrize(
    ("currency", "amount", "written"),
    [("jpy", 2900, "¥2,900"), ("kwd", 12345, "KWD\xa012.345"), ("eur", 1050, "€10.50")],
)
def test_amounts_are_right_in_every_currency(
    database: Database, currency: str, amount: int, written: str
) -> None:
    """Edge case 21."""
    with open_diary(database) as diary:
        diary.failing("lost_card", currency=currency, amount=amount)
        diary.until("2026-04-01T12:00:00")
        assert f"* Pro plan: {written}," in words_of(diary)


def test_a_customer_of_whom_little_is_known_is_greeted_all_the_same(database: Database) -> None:
    """Edge case 25."""
    with open_diary(database) as diary:
        diary.failing("lost_card", name=None, locale="tlh", metadata={"time_zone": "nowhere"})
        diary.until("2026-04-01T12:00:00")
        assert words_of(diary).startswith("Hello,")
        assert "None" not in words_of(diary)


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "restricted_card"])
def test_nobody_reads_that_a_card_was_reported_lost_or_stolen(database: Database, code: str) -> None:
    """Edge case 22."""
    with open_diary(database) as diary:
        diary.failing(code)
        diary.until("2026-04-01T12:00:00")
        mail = f"{diary.mailbox.subjects()[0]} {words_of(diary)}"
        for word in ("lost", "stolen", "picked up", "pickup", "restricted", "theft", "reported"):
            assert not re.search(rf"\b{word}\b", mail, re.IGNORECASE)


def test_the_next_try_is_named_only_where_it_is_known(database: Database) -> None:
    """Edge case 19: under automations the event lacks the date, and invoice.updated brings it."""
    with open_diary(database) as diary:
        diary.rules(next_attempt_follows_later=True)
        diary.failing("insufficient_funds", country="GB")
        diary.failing("insufficient_funds", email="ben@example.com", locale="en-GB")
        diary.until("2026-04-06T12:00:00")
        assert "We will try again on Tuesday" in words_of(diary, 0)
        assert diary.mails()[0].context["next_retry_at"].startswith("2026-04-07T11:00")

        diary.until("2026-04-20T12:00:00")  # the last notice speaks of no next try
        assert "try again" not in words_of(diary)


def test_a_withdrawn_consent_gets_one_question_and_no_pressure(database: Database) -> None:
    """Edge case 22."""
    with open_diary(database) as diary:
        diary.failing("revocation_of_authorization")
        diary.until("2026-04-14T12:00:00")
        assert diary.sent() == [("04-01", "payment_consent_stopped")]
        assert diary.mailbox.subjects() == ["Would you like to keep your Acme subscription?"]
