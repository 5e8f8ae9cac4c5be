"""`/_control`: what a test or a demo does that no provider offers: move time, set behaviour, break things.

Bodies are JSON. The surface needs no API key: it listens where the sandbox listens, on this machine.
"""
