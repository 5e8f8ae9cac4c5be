"""The way out for webhooks: the one place that opens connections to addresses that an operator typed."""
