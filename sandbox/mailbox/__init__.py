"""A local mailbox for the demo: takes every mail over SMTP, keeps the newest, shows them on a small page.

It delivers nothing to anybody, so a demo may write to any address.
"""
