"""Cancel sessions and lapsed subscribers: what is offered or sent, and what is still paid a year later.

Hardly any of its constants is published, so its money is a range and never a promise.
"""
