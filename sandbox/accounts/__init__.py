"""The account behind the key, and its balance: what a connection check asks for."""
