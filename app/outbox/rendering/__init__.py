"""How a mail is made: the templates' sandbox, what they are given, colours, the MIME bytes, sample contexts.

app/outbox/render.py is the door; nothing outside needs the modules in here but `context` (what a feature
must hand over) and `samples` (preview and golden files). No tables.
"""
