"""Coupons, and the discounts that they become on customers, subscriptions, items and invoices."""
