"""Failed payments: when a case opens, what each step may do, when it closes, and the new card's charge.

Reads the provider's objects from app/billing; the engine of cases and steps is app/cases.
Tables: dunning_invoices, card_sessions.
"""
