"""What an operator should know at once: late payments of great value, guardrails, verdicts.

`telling.py` is what other features call; it tells the merchant's systems (docs/hooks.md) and the
operator's chat.
"""
