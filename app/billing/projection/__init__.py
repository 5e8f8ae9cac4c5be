"""From facts to rows, right in any order. Pure: a present state and a fact give the next state.

The rules: an invoice's status only moves forward (draft, open, uncollectible, then paid or void);
a cancelled subscription stays cancelled; otherwise the newer sight wins, a live reading over an event
of the same second, and between two events of one second the later stage of life, then a fixed order
of their contents, so that the outcome never depends on which delivery came first.
"""
