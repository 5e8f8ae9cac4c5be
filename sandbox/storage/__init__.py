"""Keeping the sandbox in a SQLite file: readable rows, written a moment after they change.

The state in memory stays the truth while the sandbox runs; the file is what a restart goes on from.
"""
