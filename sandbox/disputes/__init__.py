"""Disputes: a cardholder's bank takes a charge back; opened and decided by the test."""
