"""Charges: one row for each attempt that reached the sandbox's bank."""
