"""Cancellations: the visits to the cancel page, what may be shown there, the cancellation itself and what follows.

Offers are app/offers'. Tables: `cancel_visits`, `cancel_screens`, `declarations`.
"""
