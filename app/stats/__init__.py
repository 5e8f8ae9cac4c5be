"""Read-only numbers. rules.py holds every definition with its formula."""
