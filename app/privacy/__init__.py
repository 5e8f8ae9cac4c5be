"""What is held about a person: told to them (export), forgotten (erase), and forgotten in time (retention).

`holdings` is the list of what is held where; `door` keeps those out who were erased.
"""
