"""The kind-agnostic engine: case rows, planned steps, the timeline, and what is due.

A case is one run of a campaign for one customer. Each campaign kind owns its rules; this folder owns
the rows and the claim. Tables: cases, steps, timeline.
"""
