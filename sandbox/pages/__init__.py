"""The pages a customer sees at the provider: pay, change card, settle an invoice. Plain HTML, no script."""
