"""Every decision about lapsed subscribers, pure: what kind of lapse, who is invited, with what, when, and what it came to."""
