"""The cancel page and what belongs to it."""
