"""The billing portal: configurations, sessions, and what customers do in it."""
