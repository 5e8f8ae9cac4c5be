"""The provider's own command line against the stand-in: its trigger scripts were written for the real API.

`python -m tests.sandbox.official_cli` runs every trigger that the command line knows and prints what became
of each. `tests/sandbox/test_official_cli.py` holds the ones that Reclaim needs.
"""
