"""Simulated customers and banks, to compare policies and to test whether the service's own report is honest.

It shows robustness under published constraints, not what happens in a real business; docs/simulation.md.
It may import `app`; `app` never imports it.
"""
