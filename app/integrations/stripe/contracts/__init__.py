"""Offers and cancellations carried out at the provider."""

from app.integrations.stripe.contracts.adapter import StripeContracts

__all__ = ["StripeContracts"]
