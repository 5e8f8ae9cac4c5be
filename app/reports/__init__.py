"""The owner's monthly mail: last month at a glance. rules.py says when, figures.py what, watch.py puts it down."""
