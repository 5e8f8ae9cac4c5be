"""One file a noun: the provider's object, in any of its shapes, read into our facts."""
