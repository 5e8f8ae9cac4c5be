"""Billing portal sessions: here only the flow in which a customer changes their card."""
