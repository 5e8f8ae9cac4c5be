"""A new card: set and charged if it came through our page, else left to the provider."""

import pytest

from app.core.db import Database
from tests.scenarios.diary import configured, open_diary

pytestmark = pytest.mark.same_on_both

HARD = "payment_failed_new_method"


def test_each_visit_is_charged_once_however_often_the_page_is_told_to_be_done(database: Database) -> None:
    """Edge cases 10, 29."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        pages = [diary.open_card_page(), diary.open_card_page()]
        diary.hold_deliveries = True
        for page in pages:
            diary.sandbox.use_card(page, "5555555555554444")
        diary.deliver_held(times=5, seed=7)
        diary.until("2026-04-20T10:00:00")
        invoice = diary.newest_invoice(ada)
        assert diary.attempts(invoice) == 2  # the failed one and one that paid
        assert sorted(diary.visits()) == ["paid", "paid"]
        assert [name for _, name in diary.sent()] == [HARD, "payment_recovered"]


def test_a_new_card_that_is_declined_too_is_told_and_changes_the_class(database: Database) -> None:
    """Edge case 30."""
    with open_diary(database) as diary:
        diary.failing("insufficient_funds")
        diary.until("2026-04-02T15:00:00")
        page = diary.open_card_page()
        diary.sandbox.use_card(page, "4000000000000341")  # saves, then declines
        diary.tick()
        assert diary.visits() == ["declined"]
        assert diary.says("The new card was declined as well.")
        assert diary.case().state == "open"
        assert diary.case().category == "soft_generic"

        diary.until("2026-04-02T15:10:00")
        diary.enter_card(diary.open_card_page())
        assert diary.visits() == ["declined", "paid"]
        assert diary.case().outcome == "recovered"
        diary.until("2026-05-20T10:00:00")
        assert diary.mails() == []


def test_a_page_that_the_provider_minted_for_somebody_else_is_not_acted_on(database: Database) -> None:
    """A card saved through another checkout is left to the provider."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        foreign = diary.merchant.checkout.sessions.create(
            {
                "mode": "setup",
                "customer": ada.customer,
                "currency": "usd",
                "success_url": "https://acme.example",
            }
        )
        assert foreign.url is not None
        diary.sandbox.use_card(foreign.url, "5555555555554444")
        diary.until("2026-04-03T20:00:00")
        assert diary.attempts(diary.newest_invoice(ada)) == 1
        assert diary.case().state == "open"


def test_a_card_changed_elsewhere_is_left_to_the_providers_next_retry(database: Database) -> None:
    """Edge cases 8, 28."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-03T10:00:00")
        method = diary.merchant.payment_methods.attach("pm_card_mastercard", {"customer": ada.customer})
        diary.merchant.customers.update(
            ada.customer, {"invoice_settings": {"default_payment_method": method.id}}
        )
        diary.until("2026-04-03T10:59:00")
        assert diary.attempts(diary.newest_invoice(ada)) == 1
        assert diary.case().state == "open"
        diary.until("2026-04-03T11:00:00")
        assert diary.case().outcome == "recovered"


def test_a_card_changed_elsewhere_is_charged_at_once_where_the_merchant_wants_it(database: Database) -> None:
    with open_diary(database, config=configured(charge_on_card_change=True)) as diary:
        ada = diary.failing("lost_card", default_on="subscription")
        diary.until("2026-04-03T09:00:00")
        method = diary.merchant.payment_methods.attach("pm_card_mastercard", {"customer": ada.customer})
        diary.merchant.customers.update(
            ada.customer, {"invoice_settings": {"default_payment_method": method.id}}
        )
        diary.tick()
        assert diary.attempts(diary.newest_invoice(ada)) == 2
        assert diary.case().outcome == "recovered"
        assert diary.says("it is set and charged as configured")
        assert diary.sandbox.get("subscription", ada.subscription)["default_payment_method"] == method.id


def test_news_of_a_customer_whose_card_has_not_changed_charge_nothing(database: Database) -> None:
    """Edge case 28: the customer's own card is an old one that the subscription does not use."""
    with open_diary(database, config=configured(charge_on_card_change=True)) as diary:
        ada = diary.failing("lost_card", default_on="subscription")
        method = diary.merchant.payment_methods.attach("pm_card_mastercard", {"customer": ada.customer})
        diary.merchant.customers.update(
            ada.customer, {"invoice_settings": {"default_payment_method": method.id}}
        )
        diary.until("2026-04-01T15:00:00")
        diary.merchant.customers.update(ada.customer, {"phone": "+44 20 7946 0000"})
        diary.until("2026-04-02T09:00:00")
        assert diary.attempts(diary.newest_invoice(ada)) == 1
        assert diary.case().state == "open"


@pytest.mark.parametrize("older", [False, True])
def test_the_newest_invoice_is_paid_first_and_older_ones_only_if_configured(
    database: Database, older: bool
) -> None:
    """Edge case 26."""
    with open_diary(database, config=configured(pay_older_invoices=older)) as diary:
        ada = diary.failing("lost_card", interval="week", start="2026-03-25T10:00:00")
        diary.until("2026-04-09T09:00:00")
        diary.enter_card(diary.open_card_page())
        last_two = [i["status"] for i in diary.sandbox.invoices(ada.subscription)[-2:]]
        assert last_two == (["paid", "paid"] if older else ["open", "paid"])
        assert (diary.case().state == "closed") is older


def test_a_card_that_its_network_forbids_to_charge_is_not_charged_within_thirty_days(
    database: Database,
) -> None:
    """Edge case 57: the same card given again has another id, but the same fingerprint."""
    with open_diary(database) as diary:
        ada = diary.failing("do_not_try_again")
        diary.until("2026-04-02T10:00:00")
        diary.enter_card(diary.open_card_page(), "4242424242424242")
        invoice = diary.newest_invoice(ada)
        assert diary.attempts(invoice) == 1
        assert diary.visits() == ["declined"]
        assert diary.says("its network forbids to charge it now: it was not charged")
        assert diary.case().state == "open"

        # Another card, declined for another reason, does not lift the ban on the first.
        diary.enter_card(diary.open_card_page(), "4000000000000341")
        assert diary.attempts(invoice) == 2
        diary.enter_card(diary.open_card_page(), "4242424242424242")
        assert diary.attempts(invoice) == 2
        assert diary.visits() == ["declined", "declined", "declined"]

        diary.enter_card(diary.open_card_page(), "5555555555554444")
        assert diary.case().outcome == "recovered"


def test_a_bank_that_wants_a_confirmation_gets_one_mail_that_asks_for_just_that(database: Database) -> None:
    """Edge cases 14, 23."""
    with open_diary(database) as diary:
        ada = diary.subscriber()
        diary.sandbox.decline(ada.payment_method, None, requires_action=True)
        diary.until("2026-04-01T20:00:00")
        assert diary.case().category == "action"
        assert diary.sent() == [("04-01", "payment_confirm")]
        text = diary.mailbox.text().split("http")[0].lower()
        assert "approve the payment" in text
        assert "update" not in text
        assert "another card" not in text
        assert diary.planned() == ["04-02 11:00", "04-04 11:00", "04-08 11:00"]

        pages = diary.application.pages
        assert pages is not None
        page = pages.invoice_page(diary.newest_invoice(ada))
        assert page is not None
        diary.sandbox.confirm_payment(page)
        diary.until("2026-04-20T10:00:00")
        assert diary.case().outcome == "recovered"
        assert diary.sent()[1:] == [("04-02", "payment_recovered")]
