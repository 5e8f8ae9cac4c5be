"""Subscription schedules: phases planned ahead that start, change and end a subscription as time goes on."""
