"""Read a subscription live before a step that may lead to an offer; no transaction may be open."""

from __future__ import annotations

from app.offers.ports import ProviderContracts
from app.offers.rules.contract import Contract, Preview


def live_contract(
    contracts: ProviderContracts | None, customer_id: str, subscription_id: str
) -> tuple[Contract | None, Preview | None]:
    """The contract and its next renewal; (None, None) if it is not theirs. Raises ProviderError."""
    contract = contracts.contract(subscription_id) if contracts is not None else None
    if contracts is None or contract is None or contract.customer_id != customer_id:
        return None, None
    return contract, contracts.preview(subscription_id)
