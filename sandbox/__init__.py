"""A stand-in for Stripe: the official SDK takes it for the provider, and time in it is ours.

Owns: provider objects, a clock, the billing engine behind renewals and retries, signed deliveries,
the provider's error shapes, small customer pages, and a control surface under `/_control`.
Owns nothing of the product: it is never imported by `app/` and never imports it.

One way through the house: a request is authenticated and replayed or executed (`server`), a resource's
handler changes `state`, every change is recorded as an event (`events`), and each event is rendered in
the shape of the endpoint it goes to (`rendering`) and sent signed (`deliveries`). The clock (`engine`)
does the same from due instant to due instant.
"""
