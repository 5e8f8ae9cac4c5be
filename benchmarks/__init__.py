"""Side-by-side measurements against references; each module runs by itself with `python -m`."""
