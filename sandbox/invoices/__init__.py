"""Invoices: drafted for a period, finalised an hour later, collected, and closed one way or another."""
