"""Proof: what was collected beyond what would have come anyway, how sure that is, and what it must not cost.

Nothing here decides about a customer. A daily look gathers what became of who was drawn into an arm, and stores
what may be said. Only `rules` use numpy and scipy, which the web process never loads. Table: proofs.
"""
