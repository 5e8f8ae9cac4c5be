"""Read-only numbers. rules.py holds every definition with its formula, recovery.py the queries that
compute them, tables.py their three shapes (table, JSON, CSV). Owns no table."""
