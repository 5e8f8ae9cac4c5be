"""Pure rules of hooks: which addresses may be told, and when a failed try is repeated."""
