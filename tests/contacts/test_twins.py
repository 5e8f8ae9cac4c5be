"""Customers of the provider who are one person: by the card, by the address, and not by hearsay."""

from __future__ import annotations

from typing import Any

from app.billing import repository as billing
from app.billing.states import PaymentMethodState
from app.cases.standing import standing_of
from app.cases.twins import same_person
from app.contacts import service
from app.contacts.rules import twins
from app.contacts.rules.policy import ContactPolicy, Terms
from app.contacts.rules.verdict import Ground, Skip, Wait, verdict
from app.core.db import Database
from tests.contacts.test_standing import DAY, NOW, REMINDER, WINBACK, log, person, start


def card(key: str, customer: str | None, fingerprint: str | None) -> PaymentMethodState:
    return PaymentMethodState(key, NOW, False, customer_id=customer, type="card", fingerprint=fingerprint)


def test_whoever_shares_a_trait_is_one_person_and_the_chain_ends_there() -> None:
    """Edge case 42 of win-back."""
    traits = [("a", "card 1"), ("b", "card 1"), ("b", "card 2"), ("c", "card 2"), ("d", "card 3")]
    assert twins.same_person(["a", "b", "d"], traits) == {
        "a": frozenset("b"),
        "b": frozenset("ac"),
        "d": frozenset(),
    }


def test_nobody_is_their_own_twin_and_nothing_shared_is_no_twin() -> None:
    assert twins.same_person(["a"], [("a", "1"), ("a", "1"), ("b", "2")]) == {"a": frozenset()}
    assert twins.same_person([], []) == {}


def test_cards_and_addresses_lead_to_the_other_customers(database: Database) -> None:
    """Edge case 42 of win-back. A detached card belongs to nobody, one without a fingerprint to no twin."""
    with database.write() as session:
        start(session)
        billing.save(
            session,
            [
                card("pm_1", "cus_1", "fp_1"), card("pm_2", "cus_2", "fp_1"), card("pm_3", "cus_3", None),
                card("pm_4", None, "fp_1"), card("pm_5", "cus_1", None),
            ],
        )  # fmt: skip
        mine = service.hashed(session, "ada@example.com")
        log(session, "cus_4", 9, address_hash=mine)
        found = same_person(session, {"cus_1": mine, "cus_3": None})
        assert found == {"cus_1": {"cus_2", "cus_4"}, "cus_3": frozenset()}


def test_a_card_shared_with_another_customer_counts_for_marketing_alone(database: Database) -> None:
    """Edge case 42 of win-back: at most one sequence, and one cap; a debt is told of all the same."""
    terms = Terms(ContactPolicy(opt_out_countries=["US"]), postal_address=True)
    with database.write() as session:
        start(session)
        service.declare_suppressions(session, now=NOW)
        billing.save(session, [card("pm_1", "cus_1", "fp_1"), card("pm_2", "cus_2", "fp_1")])
        log(session, "cus_2", 0.1, campaign="loyalty")
        ada: Any = person(country="US")
        for approach, capped in ((WINBACK, True), (REMINDER, False)):
            standing = standing_of(session, [ada], [WINBACK, REMINDER], terms, now=NOW)["cus_1"]
            found = verdict(approach, standing, terms.policy, NOW)
            assert (isinstance(found, Wait) and found.ground == Ground.CAPPED) is capped
        log(session, "cus_2", 200, campaign="winback")
        standing = standing_of(session, [ada], [WINBACK], terms, now=NOW)["cus_1"]
        found = verdict(WINBACK, standing, terms.policy, NOW)
        assert isinstance(found, Skip)
        assert found.ground == Ground.TWICE
        assert standing_of(session, [ada], [WINBACK], terms, now=NOW + 400 * DAY)["cus_1"].as_another == set()
