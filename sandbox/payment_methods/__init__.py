"""Payment methods: cards by test number, bank debits and wallets; attached to a customer or loose."""
