"""Intents to the outside world and their delivery: mails, provider actions, tasks for a person.

A row is born with the state that wants it, claimed, carried out outside any transaction, and settled.
What became of it re-enters by the front door (app/inbound, source `outbox`).
Tables: mails, actions, tasks.
"""
