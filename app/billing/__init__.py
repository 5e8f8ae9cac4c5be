"""Our copy of the provider's objects, right whatever the order and number of deliveries.

Owns the neutral facts that adapters produce and the pure projection of facts onto rows.
Does not decide anything about campaigns. Tables: customers, subscriptions, invoices,
payment_methods, payments, disputes.
"""
