"""Decisions of failed-payment recovery: total functions without session, clock or settings."""
