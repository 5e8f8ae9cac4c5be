"""Setup intents: saving a method for later charges, with the owner's confirmation."""
