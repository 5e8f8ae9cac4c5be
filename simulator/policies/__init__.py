"""Who writes when: the product's own decisions, and what they are compared with."""
