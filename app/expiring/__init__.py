"""Cards about to expire: who is told, when, and what became of it. Campaign kind `expiring_card`.

Owns the judgement whether a charge will fail because its card will have expired, the cases that follow from
it, and the register that a plain rule is compared with. Does not own the charge that fails all the same: that is
a dunning case. Tables: expiry_notices.
"""
