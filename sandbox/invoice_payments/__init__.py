"""Invoice payments: the link between an invoice and the intents that pay it."""
