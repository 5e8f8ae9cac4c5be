"""Stripe: signature and envelope of webhooks, events and objects to facts, reads, pages and writes.

Owns everything that knows the provider's words. Decides nothing; stores nothing.
"""
