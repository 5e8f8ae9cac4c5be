"""Ways out for mail, chosen by `RECLAIM_MAIL_URL`: SMTP, a folder, Resend, Postmark.

Each maps what happened to exactly one of `Accepted`, `MailRefused`, `MailDeferred`, `MailInDoubt`
(app/outbox/ports.py). No tables, no decisions: what to do about it is the outbox's business.
"""
