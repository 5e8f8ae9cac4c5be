"""Subscription items by themselves: what one subscription bills, a price and a quantity each."""
