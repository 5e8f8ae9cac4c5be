"""Checkout sessions: the provider's hosted page for paying once, subscribing, or saving a card."""
