"""Roll-ups: the sums of each day, kept by the worker, so that no figure reads the rows behind it.

report.py says what a report is, registry.py which ones there are, keeper.py keeps them, reading.py sums them.
"""
