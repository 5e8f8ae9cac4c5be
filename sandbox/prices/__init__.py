"""Prices: how much, in which currency, how often."""
