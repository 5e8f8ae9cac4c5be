"""Every decision about an expiring card, pure: which card, whose charge, when to tell, how it ended."""
