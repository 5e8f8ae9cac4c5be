"""Forgiving what a subscription that has ended still asks for."""

from __future__ import annotations

import stripe
import structlog

from app.core.errors import ProviderError
from app.integrations.stripe.contracts.live import LiveContracts
from app.integrations.stripe.read_values import Json

PAGE = 100
log = structlog.get_logger()


def void_what_is_open(contracts: LiveContracts, subscription_id: str, key: str) -> None:
    """Void the open invoices; drafts first become final without being collected.

    Drafts made by a subscription cannot be deleted. An invoice whose money is on its way is refused: it stays,
    as the contract has ended all the same, and its payment or failure comes as an event.
    """
    for invoice in _of_status(contracts, subscription_id, "draft"):
        _finalize(contracts, invoice, key)
    for invoice in _of_status(contracts, subscription_id, "open"):
        try:
            with contracts.connection.call():
                contracts.v1.invoices.void_invoice(
                    invoice["id"], {}, {"idempotency_key": f"{key}:void:{invoice['id']}"}
                )
        except ProviderError as error:
            if not error.permanent:
                raise
            log.warning("invoice_not_voided", invoice=invoice["id"], why=str(error))


def _finalize(contracts: LiveContracts, invoice: Json, key: str) -> None:
    """Not collected on the way: the provider would charge it as soon as it is final."""
    invoice_id = invoice["id"]
    with contracts.connection.call():
        contracts.v1.invoices.update(
            invoice_id, {"auto_advance": False}, {"idempotency_key": f"{key}:hold:{invoice_id}"}
        )
    with contracts.connection.call():
        contracts.v1.invoices.finalize_invoice(
            invoice_id, {"auto_advance": False}, {"idempotency_key": f"{key}:final:{invoice_id}"}
        )


def _of_status(contracts: LiveContracts, subscription_id: str, status: str) -> list[Json]:
    """Every such invoice of the subscription, read as a whole before the first of them changes the list."""
    rows: list[Json] = []
    params: stripe.params.InvoiceListParams = {
        "subscription": subscription_id,
        "status": status,
        "limit": PAGE,
    }
    while True:
        with contracts.connection.call():
            page = contracts.v1.invoices.list(params)
        rows += [row.to_dict(for_json=True) for row in page.data]
        if not page.has_more or not page.data:
            return rows
        params["starting_after"] = page.data[-1].id
