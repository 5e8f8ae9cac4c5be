"""Credit on a customer's balance, once a grant."""

from __future__ import annotations

from collections.abc import Iterator

import stripe

from app.core.money import Money
from app.integrations.stripe.contracts.live import LiveContracts, options, refuse, without_end
from app.integrations.stripe.objects.contract import GRANT
from app.integrations.stripe.read_values import Json, part
from app.offers.rules.contract import Contract

PAGE = 100


def add_credit(
    contracts: LiveContracts,
    contract: Contract,
    amount: Money,
    *,
    grant_id: str,
    description: str,
    key: str,
) -> str:
    """The id of the grant's transaction, made now or found; a scheduled end goes only once it is there."""
    if amount.amount_minor <= 0:
        refuse("a credit must be positive")
    live = contracts.running(contract.subscription_id)
    customer_id = live.contract.customer_id
    found = next((row for row in _transactions(contracts, customer_id) if _is_of(row, grant_id)), None)
    transaction_id = (
        _made(contracts, customer_id, amount, grant_id, description, key)
        if found is None
        else str(found["id"])
    )
    if live.contract.cancel_at is not None:
        contracts.update(contract.subscription_id, without_end(live), f"{key}:end")
        contracts.read_back(contract.subscription_id, lambda now: now.contract.cancel_at is None, "no end")
    return transaction_id


def _made(
    contracts: LiveContracts, customer_id: str, amount: Money, grant_id: str, description: str, key: str
) -> str:
    params: stripe.params.CustomerBalanceTransactionCreateParams = {
        "amount": -amount.amount_minor,  # negative is what the customer has to his credit
        "currency": amount.currency,
        "description": description,
        "metadata": {GRANT: grant_id},
    }
    with contracts.connection.call():
        made = contracts.v1.customers.balance_transactions.create(
            customer_id, params, options(f"{key}:credit", params)
        )
    return made.id


def _transactions(contracts: LiveContracts, customer_id: str) -> Iterator[Json]:
    """Newest first, page by page."""
    params: stripe.params.CustomerBalanceTransactionListParams = {"limit": PAGE}
    while True:
        with contracts.connection.call():
            page = contracts.v1.customers.balance_transactions.list(customer_id, params)
        yield from (row.to_dict(for_json=True) for row in page.data)
        if not page.has_more or not page.data:
            return
        params["starting_after"] = page.data[-1].id


def _is_of(transaction: Json, grant_id: str) -> bool:
    return part(transaction.get("metadata")).get(GRANT) == grant_id
