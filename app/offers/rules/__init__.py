"""What may be offered to whom, and what it comes to. Pure."""
