"""What the mail providers call back: who may call, and what the bodies say.

Each provider has a door (app/inbound/ports.py) with its own way to prove itself, and a pure reading of its
bodies into the facts of app/feedback. Decides nothing.
"""
