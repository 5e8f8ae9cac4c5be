"""The API's manners: keys, errors, idempotency, lists, expansion, faults."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import stripe

from sandbox.testing import RunningSandbox
from tests.sandbox.conftest import Inbox, Sdk, details, sdk


def test_the_key_is_checked_as_bearer_and_as_basic(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.api_base}/v1/account"
    basic = base64.b64encode(f"{sandbox.api_key}:".encode()).decode()
    assert httpx.get(url, headers={"Authorization": f"Basic {basic}"}).json()["object"] == "account"
    assert httpx.get(url).status_code == 401
    wrong = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.api_base})
    with pytest.raises(stripe.AuthenticationError):
        wrong.v1.balance.retrieve()


def test_an_unknown_route_says_what_is_missing(client: Sdk) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"POST: /v1/quotes"):
        client.v1.quotes.create()


def test_an_unknown_object_is_resource_missing_and_an_unknown_parameter_is_named(
    client: Sdk,
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.customers.retrieve("cus_nobody")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.customers.create({"mail": "a@example.com"})
    assert (unknown.value.param, unknown.value.code) == ("mail", "parameter_unknown")


def test_the_same_idempotency_key_replays_the_answer_and_refuses_other_parameters(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    first = client.v1.customers.create({"email": "a@example.com"}, options={"idempotency_key": "k1"})
    again = client.v1.customers.create({"email": "a@example.com"}, options={"idempotency_key": "k1"})
    assert first.id == again.id
    assert len(sandbox.events("customer.created")) == 1
    assert sandbox.events("customer.created")[0]["request"]["idempotency_key"] == "k1"
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"email": "b@example.com"}, options={"idempotency_key": "k1"})


def test_a_key_is_forgotten_after_a_day_of_sandbox_time(sandbox: RunningSandbox, client: Sdk) -> None:
    key = {"idempotency_key": "k1"}
    first = client.v1.customers.create({"email": "a@example.com"}, options=key)
    sandbox.advance("2026-02-01T09:59:59Z")
    assert client.v1.customers.create({"email": "a@example.com"}, options=key).id == first.id
    sandbox.advance("2026-02-01T10:00:00Z")
    assert client.v1.customers.create({"email": "b@example.com"}, options=key).id != first.id


def test_a_refused_parameter_does_not_use_its_key_up(client: Sdk) -> None:
    key = {"idempotency_key": "k1"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"mail": "a@example.com"}, options=key)
    assert client.v1.customers.create({"email": "a@example.com"}, options=key).email == "a@example.com"


def test_a_key_in_use_is_a_conflict_and_the_sdk_waits_for_its_answer(sandbox: RunningSandbox) -> None:
    """The first request is held up; the second one with its key gets 409 until the first is done."""
    key = {"idempotency_key": "k1"}
    hasty, patient = sdk(sandbox, max_network_retries=0), sdk(sandbox, max_network_retries=5)
    with ThreadPoolExecutor(2) as pool:
        with sandbox.state.lock:
            first = pool.submit(hasty.v1.customers.create, {"email": "a@example.com"}, key)
            while not sandbox.state.keys_in_use:
                time.sleep(0.001)
            conflict = httpx.post(
                f"{sandbox.api_base}/v1/customers",
                headers={"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": "k1"},
                data={"email": "a@example.com"},
            )
            second = pool.submit(patient.v1.customers.create, {"email": "a@example.com"}, key)
        assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "idempotency_key_in_use")
        assert first.result().id == second.result().id
    assert len(sandbox.events("customer.created")) == 1


def test_a_replayed_decline_is_the_same_decline_and_charges_once(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method)
    sandbox.advance("2026-02-28T12:00:00Z")
    invoice = sandbox.invoices(reader.subscription)[-1]["id"]
    charges = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            client.v1.invoices.pay(invoice, options={"idempotency_key": "pay-1"})
        charges.append(details(caught).charge)
    assert charges[0] == charges[1]


def test_lists_come_newest_first_and_are_walked_by_cursors(client: Sdk) -> None:
    made = [client.v1.customers.create({"email": f"{n}@example.com"}).id for n in range(7)]
    page = client.v1.customers.list({"limit": 3})
    assert [row.id for row in page.data] == made[:3:-1]
    assert page.has_more
    assert [row.id for row in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made[::-1]
    before = client.v1.customers.list({"limit": 2, "ending_before": made[2]})
    assert [row.id for row in before.data] == [made[4], made[3]]
    assert before.has_more


def test_an_unknown_cursor_and_two_cursors_at_once_are_refused(client: Sdk) -> None:
    made = client.v1.customers.create().id
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.customers.list({"starting_after": "cus_nobody"})
    assert (unknown.value.http_status, unknown.value.code) == (400, "resource_missing")
    assert unknown.value.param == "starting_after"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list({"starting_after": made, "ending_before": made})
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError) as wrong:
            client.v1.customers.list({"limit": limit})
        assert wrong.value.param == "limit"


def test_walking_back_meets_every_row_once_and_says_when_it_is_done(client: Sdk) -> None:
    made = [client.v1.customers.create().id for _ in range(5)]
    newest_first = made[::-1]
    back = list(client.v1.customers.list({"limit": 2, "ending_before": made[0]}).auto_paging_iter())
    assert [row.id for row in back] == made[1:]
    last = client.v1.customers.list({"limit": 2, "ending_before": newest_first[2]})
    assert [row.id for row in last.data] == newest_first[:2]
    assert not last.has_more
    assert not client.v1.customers.list({"starting_after": made[0]}).has_more


def test_lists_filter_by_owner_state_and_time(sandbox: RunningSandbox, client: Sdk) -> None:
    one, two = sandbox.subscriber(email="one@example.com"), sandbox.subscriber(email="two@example.com")
    sandbox.decline(two.payment_method)
    sandbox.advance("2026-02-28T12:00:00Z")
    late = client.v1.subscriptions.list({"status": "past_due"})
    assert [row.id for row in late.data] == [two.subscription]
    unpaid = client.v1.invoices.list({"status": "open", "created": {"gte": sandbox.state.now - 86_400}})
    assert [row.customer for row in unpaid.data] == [two.customer]
    assert len(client.v1.invoices.list({"subscription": one.subscription}).data) == 2
    client.v1.subscriptions.cancel(one.subscription)
    assert client.v1.subscriptions.list({"customer": one.customer}).data == []
    assert len(client.v1.subscriptions.list({"customer": one.customer, "status": "all"}).data) == 1


def test_expansion_goes_four_levels_deep_and_no_further(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    invoice = client.v1.invoices.retrieve(
        reader.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert invoice.payments.data[0].payment.payment_intent.status == "succeeded"
    for deep in (
        "payments.data.payment.payment_intent.latest_charge",
        "latest_invoice.payments.data.payment.payment_intent",
    ):
        with pytest.raises(
            stripe.InvalidRequestError, match="You cannot expand more than 4 levels"
        ) as refused:
            client.v1.subscriptions.retrieve(reader.subscription, {"expand": [deep]})
        assert refused.value.param == "expand"


def test_rows_of_a_list_are_expanded_through_data(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    listed = client.v1.subscriptions.list(
        {"expand": ["data.customer", "data.default_payment_method", "data.latest_invoice.payments"]}
    )
    row = listed.data[0]
    assert (row.customer.email, row.latest_invoice.id) == ("reader@example.com", reader.latest_invoice)
    assert row.latest_invoice.payments.data[0].status == "paid"
    assert row.default_payment_method is None


def test_a_property_that_is_no_reference_cannot_be_expanded(sandbox: RunningSandbox, client: Sdk) -> None:
    reader = sandbox.subscriber()
    for path in ("status", "nonsense", "customer.nonsense"):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            client.v1.subscriptions.retrieve(reader.subscription, {"expand": [path]})


def test_the_invoice_of_an_intent_is_found_through_invoice_payments(
    sandbox: RunningSandbox, client: Sdk
) -> None:
    reader = sandbox.subscriber()
    intent = client.v1.payment_intents.list({"customer": reader.customer}).data[0]
    rows = client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    )
    assert [row.invoice for row in rows.data] == [reader.latest_invoice]


def test_a_test_card_that_declines_cannot_be_saved(client: Sdk) -> None:
    customer = client.v1.customers.create()
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_methods.attach("pm_card_chargeDeclinedInsufficientFunds", {"customer": customer.id})
    assert details(caught).decline_code == "insufficient_funds"
    card = client.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4000000000000341", "exp_month": 1, "exp_year": 2030, "cvc": "123"},
        }
    )
    assert client.v1.payment_methods.attach(card.id, {"customer": customer.id}).customer == customer.id
    with pytest.raises(stripe.CardError) as wrong:
        client.v1.payment_methods.create({"type": "card", "card": {"number": "4242424242424241"}})
    assert wrong.value.code == "incorrect_number"


def test_an_off_session_payment_that_needs_authentication_is_a_402(client: Sdk) -> None:
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(
            {
                "amount": 500,
                "currency": "eur",
                "payment_method": "pm_card_authenticationRequired",
                "confirm": True,
                "off_session": True,
            }
        )
    assert details(caught).decline_code == "authentication_required"


def test_a_declined_first_charge_can_be_refused_without_leaving_a_subscription(
    client: Sdk, inbox: Inbox
) -> None:
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    product = client.v1.products.create({"name": "Pro"})
    price = {"product": product.id, "unit_amount": 100, "currency": "usd", "recurring": {"interval": "month"}}
    with pytest.raises(stripe.CardError):
        client.v1.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price_data": price}],
                "default_payment_method": method.id,
                "payment_behavior": "error_if_incomplete",
            }
        )
    assert client.v1.subscriptions.list({"status": "all"}).data == []
    assert "customer.subscription.created" not in inbox.types()
    assert "charge.failed" in inbox.types()


def test_a_refund_and_a_lost_dispute_are_told(sandbox: RunningSandbox, client: Sdk, inbox: Inbox) -> None:
    reader = sandbox.subscriber()
    charge = client.v1.charges.list({"customer": reader.customer}).data[0]
    client.v1.refunds.create({"charge": charge.id, "amount": 900})
    refunded = inbox.of("charge.refunded")[0]["data"]
    assert refunded["object"]["amount_refunded"] == 900
    assert refunded["previous_attributes"] == {"amount_refunded": 0}
    dispute = sandbox.control("POST", f"charges/{charge.id}/dispute", {"reason": "fraudulent"})
    sandbox.control("POST", f"disputes/{dispute['id']}/outcome", {"outcome": "lost"})
    assert inbox.last("charge.dispute.created")["charge"] == charge.id
    assert client.v1.disputes.list({"charge": charge.id}).data[0].status == "lost"


def test_asked_for_faults_hit_the_next_matching_call_only(sandbox: RunningSandbox, client: Sdk) -> None:
    sandbox.control("POST", "api/faults", {"kind": "429", "path": "/v1/customers"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    assert client.v1.customers.list().data == []
    sandbox.control("POST", "api/faults", {"kind": "500", "count": 2})
    patient = sdk(sandbox, max_network_retries=3)
    assert patient.v1.customers.list().data == []


def test_an_answer_lost_on_the_way_is_replayed_for_the_same_key(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "api/faults", {"kind": "lost_answer", "method": "POST"})
    patient = sdk(sandbox, max_network_retries=2)
    made = patient.v1.customers.create({"email": "once@example.com"})
    assert [event["data"]["object"]["id"] for event in sandbox.events("customer.created")] == [made.id]


@pytest.mark.parametrize("kind", ["429", "409", "500"])
def test_a_call_refused_by_a_fault_was_not_carried_out(
    sandbox: RunningSandbox, client: Sdk, kind: str
) -> None:
    sandbox.control("POST", "api/faults", {"kind": kind, "method": "POST"})
    with pytest.raises(stripe.StripeError) as caught:
        client.v1.customers.create()
    assert caught.value.http_status == int(kind)
    assert sandbox.events() == []


@pytest.mark.parametrize("kind", ["409", "500", "500_after", "lost_answer", "timeout"])
def test_whatever_goes_wrong_the_sdks_retries_make_one_customer(sandbox: RunningSandbox, kind: str) -> None:
    sandbox.control("POST", "api/faults", {"kind": kind, "method": "POST", "count": 2})
    patient = sdk(sandbox, max_network_retries=3)
    made = patient.v1.customers.create({"email": "once@example.com"})
    assert [event["data"]["object"]["id"] for event in sandbox.events("customer.created")] == [made.id]


def test_a_500_after_success_has_done_its_work(sandbox: RunningSandbox, client: Sdk) -> None:
    sandbox.control("POST", "api/faults", {"kind": "500_after", "method": "POST"})
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({"email": "a@example.com"})
    assert client.v1.customers.list().data[0].email == "a@example.com"


def test_a_time_out_is_silence_and_then_a_closed_connection(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "api/faults", {"kind": "timeout", "seconds": 0.3})
    impatient = sdk(
        sandbox, max_network_retries=0, http_client=stripe.HTTPXClient(timeout=0.1, allow_sync_methods=True)
    )
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.list()
    sandbox.control("POST", "api/faults", {"kind": "timeout", "seconds": 0.1})
    with pytest.raises(stripe.APIConnectionError):
        sdk(sandbox, max_network_retries=0).v1.customers.list()


def test_a_slow_answer_is_a_good_one(sandbox: RunningSandbox, client: Sdk) -> None:
    sandbox.control("POST", "api/faults", {"kind": "slow", "seconds": 0.1})
    began = time.monotonic()
    assert client.v1.customers.list().data == []
    assert time.monotonic() - began >= 0.1


def test_an_endpoints_secret_is_shown_once_and_its_version_never_changes(client: Sdk) -> None:
    made = client.v1.webhook_endpoints.create(
        {"url": "https://example.com/hook", "enabled_events": ["*"], "api_version": "2020-03-02"}
    )
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.update(made.id, {"description": "old shapes"})
    with pytest.raises(stripe.InvalidRequestError) as fixed:
        client.v1.webhook_endpoints.update(made.id, {"api_version": "2026-10-28.endive"})
    assert fixed.value.param == "api_version"
    assert client.v1.webhook_endpoints.retrieve(made.id).api_version == "2020-03-02"


def test_an_account_has_sixteen_endpoints_at_most(client: Sdk) -> None:
    """The fixture's own endpoint is the first."""
    wanted = {"url": "https://example.com/hook", "enabled_events": ["*"]}
    for _ in range(15):
        last = client.v1.webhook_endpoints.create(wanted)
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
        client.v1.webhook_endpoints.create(wanted)
    client.v1.webhook_endpoints.delete(last.id)
    assert client.v1.webhook_endpoints.create(wanted).status == "enabled"


def test_other_resources_answer_in_their_own_shape(client: Sdk) -> None:
    made = client.v1.webhook_endpoints.create(
        {
            "url": "https://example.com/hook",
            "enabled_events": ["invoice.paid"],
            "api_version": "2026-10-28.endive",
        }
    )
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)
    assert client.v1.accounts.retrieve_current().charges_enabled
    assert client.v1.balance.retrieve().available[0].currency == "usd"


def test_deleting_a_customer_ends_their_subscription(
    sandbox: RunningSandbox, client: Sdk, inbox: Inbox
) -> None:
    reader = sandbox.subscriber()
    client.v1.customers.delete(reader.customer)
    assert inbox.types()[-3:] == [
        "customer.subscription.deleted",
        "payment_method.detached",
        "customer.deleted",
    ]
    assert inbox.of("payment_method.detached")[0]["data"]["previous_attributes"] == {
        "customer": reader.customer
    }
    assert client.v1.customers.retrieve(reader.customer).deleted
