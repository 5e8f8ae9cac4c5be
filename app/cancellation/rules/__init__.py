"""What the page shows, in which order, and how a subscription ends. Pure."""
