"""The demo: a small business lives a year through real signed webhooks, then the clock runs on.

The only part of the sandbox that knows the service: it starts its processes, and, while the year is
played, does the worker's work itself so that time can jump.
"""
