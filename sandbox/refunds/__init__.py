"""Refunds: money back for a charge, wholly or in part."""
