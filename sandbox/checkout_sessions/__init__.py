"""Checkout sessions: the provider's hosted page; here for saving a card, and in a small way for selling."""
