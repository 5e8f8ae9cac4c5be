"""Finding the facts of a test card by its number, or by the name in a `pm_card_…` or `tok_…` id."""

from __future__ import annotations

from sandbox.cards.countries import COUNTRY_CARDS
from sandbox.cards.facts import CardFacts
from sandbox.cards.table import CARDS

ALL_CARDS = (*CARDS, *COUNTRY_CARDS)
BY_NUMBER = {card.number: card for card in ALL_CARDS}
BY_NAME = {name: card for card in ALL_CARDS for name in card.names}
PREFIXES = ("pm_card_", "tok_")


def passes_luhn(number: str) -> bool:
    """The check digit; a number without it is not a card number."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(digits) >= 12 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def card_facts(number: str) -> CardFacts | None:
    """The facts of an official test number; None for any other number."""
    return BY_NUMBER.get(number.replace(" ", "").replace("-", ""))


def named_card(name: str) -> CardFacts | None:
    """The card behind a magic id such as `pm_card_visa_chargeDeclined` or `tok_chargeDeclined`."""
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
    if prefix is None:
        return None
    bare = name.removeprefix(prefix)
    # Declining cards are published with and without their brand.
    return BY_NAME.get(bare) or BY_NAME.get(bare.removeprefix("visa_"))
