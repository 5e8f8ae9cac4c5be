"""Payment intents: one for each invoice, charged as often as collection tries."""
