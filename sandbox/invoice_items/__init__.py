"""Invoice items: single charges and credits that wait for a customer's next invoice."""
