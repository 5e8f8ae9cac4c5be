"""Subscriptions: started, renewed from their anchor, paused, changed, ended."""
