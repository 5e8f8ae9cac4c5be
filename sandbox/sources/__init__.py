"""A customer's cards of the older API: objects named `card_…` that can be charged like payment methods."""
