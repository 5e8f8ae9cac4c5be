"""Event destinations of the v2 API: webhook addresses that take thin events, or snapshots in a fixed version."""
