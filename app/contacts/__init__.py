"""Who may be written to, when and how often: suppressions, consents, the merchant's facts, zone, hours, caps, the log.

It knows no case and no provider: app/cases/standing.py gathers what the rules judge by.
Tables: contact_log, suppressions, consents, customer_facts, addressees.
"""
