"""Which customers of the provider are one person: they share a card, or an address. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def same_person(
    customer_ids: Collection[str], traits: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    """For each of these customers, the others that share a trait with them; most have none.

    `traits`: `(customer, trait)`, a trait being a card's fingerprint or an address's hash, of these
    customers and of all who have the same. Only what is shared directly counts: the chain from one to the
    next would make strangers of one office card a single person.
    """
    holders: dict[str, set[str]] = {}
    for customer_id, trait in traits:
        holders.setdefault(trait, set()).add(customer_id)
    twins: dict[str, set[str]] = {c: set() for c in customer_ids}
    for sharing in holders.values():
        for customer_id in sharing & twins.keys():
            twins[customer_id] |= sharing
    return {c: frozenset(found - {c}) for c, found in twins.items()}
