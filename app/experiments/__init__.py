"""Sticky assignment of customers to arms, logged with its propensity before anything is shown or sent.

One arm for now: later proof then covers every case from the first. Tables: assignments, decisions.
"""
