"""Who may be written to, and when: time zone, sending hours, spacing, and the log of who was written to.

Callers pass zone and country; it knows no campaign. Tables: contact_log.
"""
