"""Signed webhooks to the merchant's systems (Standard Webhooks): who is told what, and what became of it.

`service.announce` puts one message down for each endpoint that wants it, in the caller's transaction; the
worker delivers it at least once under one id. Tables: hook_endpoints, hook_messages.
"""
