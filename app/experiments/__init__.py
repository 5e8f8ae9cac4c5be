"""Sticky assignment of customers to arms, logged with its propensity before anything is shown or sent.

One hold-out for all experiments, drawn by the year; see docs/proof.md. Tables: assignments, decisions.
"""
