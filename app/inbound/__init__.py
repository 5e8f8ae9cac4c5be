"""The front door: every event is verified, stored as raw bytes, answered, claimed and marked.

Events come from the provider, from our own outbox (what became of an effect), and from reading
the provider's state (reconcile, import). Does not know what an event means.
Tables: inbound_events, inbound_conflicts.
"""
