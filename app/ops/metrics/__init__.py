"""What Prometheus reads: counts, ages and states only, no name, no id, no address.

Every label has few values by construction: states, kinds and campaigns of ours, currencies. Every query reads an
index of what is unfinished, or a table that stays small, so that a scrape costs the same at a million subscribers.
docs/operations.md says what to watch; deploy/grafana/reclaim.json shows it.
"""
