"""Pages and writes at the stand-in provider, through the official SDK."""

from __future__ import annotations

from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.pages import StripePages
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.writes import PaymentStatus, StripeWrites
from sandbox.testing import RunningSandbox
from tests.integrations.stripe.standin import late_subscriber, new_method


def test_a_card_page_saves_a_card_and_leads_back(
    sandbox: RunningSandbox, connection: StripeConnection, reads: StripeReads
) -> None:
    reader, _ = late_subscriber(sandbox)
    page = StripePages(connection).card_session(
        customer_id=reader.customer,
        currency="usd",
        return_url="http://127.0.0.1:1/back?session={SESSION}",
        case_id="case_1",
    )
    back = sandbox.use_card(page.url, "5555555555554444")
    assert back == f"http://127.0.0.1:1/back?session={page.session_id}"
    obj = reads.fetch("checkout.session", page.session_id)
    assert obj is not None
    assert obj["metadata"] == {"reclaim_case_id": "case_1"}
    assert obj["setup_intent"]["payment_method"]["card"]["brand"] == "mastercard"


def test_only_an_open_invoice_has_a_page(sandbox: RunningSandbox, connection: StripeConnection) -> None:
    reader, late = late_subscriber(sandbox)
    pages = StripePages(connection)
    assert str(pages.invoice_page(late)).startswith("http")
    assert pages.invoice_page(reader.latest_invoice) is None
    assert pages.invoice_page("in_gone") is None


def test_a_new_card_pays_the_invoice_once(sandbox: RunningSandbox, writes: StripeWrites) -> None:
    reader, late = late_subscriber(sandbox)
    card = new_method(sandbox, reader)
    writes.set_default_payment_method(reader.customer, [reader.subscription], card, "case_1")
    assert writes.pay_invoice(late, card, "case_1:pay").status is PaymentStatus.PAID
    assert writes.pay_invoice(late, card, "case_1:pay").status is PaymentStatus.PAID
    assert writes.pay_invoice(late, card, "case_1:again").status is PaymentStatus.ALREADY_PAID


def test_a_refused_card_gives_its_reason(sandbox: RunningSandbox, writes: StripeWrites) -> None:
    reader, late = late_subscriber(sandbox)
    card = new_method(sandbox, reader)
    sandbox.decline(card, "lost_card")
    result = writes.pay_invoice(late, card, "case_1:pay")
    assert result.status is PaymentStatus.DECLINED
    assert result.decline is not None
    assert result.decline.decline_code == "lost_card"


def test_a_card_that_wants_a_confirmation_says_so(sandbox: RunningSandbox, writes: StripeWrites) -> None:
    reader, late = late_subscriber(sandbox)
    card = new_method(sandbox, reader, "pm_card_authenticationRequired")
    assert writes.pay_invoice(late, card, "case_1:pay").status is PaymentStatus.NEEDS_ACTION


def test_a_subscription_that_has_ended_refuses_a_card_and_the_others_take_it(
    sandbox: RunningSandbox, writes: StripeWrites
) -> None:
    reader, _ = late_subscriber(sandbox)
    card = new_method(sandbox, reader)
    wanted = ["sub_gone", reader.subscription]
    writes.set_default_payment_method(reader.customer, wanted, card, "case_1")
    assert sandbox.get("subscription", reader.subscription)["default_payment_method"] == card


def test_the_doctor_sees_the_account_and_its_endpoints(writes: StripeWrites) -> None:
    account = writes.account()
    assert account.account_id.startswith("acct_")
    assert not account.livemode
    assert len(writes.webhook_endpoints()) == 1
