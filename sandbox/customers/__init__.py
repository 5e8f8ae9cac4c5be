"""Customers: who is billed, and which method is their default."""
