"""Every decision about lapsed subscribers, pure: its kind, who is invited when, and what came of it."""
