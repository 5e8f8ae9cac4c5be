"""Shapes of a delivery: `old` (2020-03-02), `new` (basil and later) and `both` (what old accounts receive).

Removals at the provider are versioned, additions are not: an account pinned to an old version still gets
the new fields. So `both` is no fancy, it is the commonest shape in the field.
"""
