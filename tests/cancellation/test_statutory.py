"""A declaration: the statute's fields and no other, read as they were meant."""

from __future__ import annotations

from datetime import date

import pytest

from app.cancellation.rules.statutory import CHOICES, FIELDS, CancellationKind, declared

GOOD = {"name": "Jo Roe", "email": "jo@example.com"}


def test_the_fields_are_those_of_the_statute_in_its_order() -> None:
    """Edge case 30: kind and reason, who, which contract, when, and where to confirm it."""
    assert [field.name for field in FIELDS] == ["kind", "reason", "name", "contract", "end", "email"]
    assert all(field.de and "312k" in field.source for field in FIELDS)
    assert all(CHOICES.values())


def test_name_and_address_are_enough() -> None:
    told = declared(GOOD)
    assert not told.missing
    assert told.content == {"kind": "ordinary", "name": "Jo Roe", "email": "jo@example.com"}


@pytest.mark.parametrize("email", ["", "jo", "@example.com", "jo@", "jo roe@example.com"])
def test_without_an_address_nobody_can_be_told(email: str) -> None:
    assert declared(GOOD | {"email": email}).missing == {"email"}


def test_a_reason_belongs_to_an_extraordinary_cancellation_only() -> None:
    assert declared(GOOD | {"reason": "moved"}).reason == ""
    told = declared(GOOD | {"kind": "extraordinary", "reason": " moved \n\n away "})
    assert (told.kind, told.reason) == (CancellationKind.EXTRAORDINARY, "moved\naway")
    assert not declared(GOOD | {"kind": "extraordinary"}).missing


def test_a_wanted_day_is_kept_and_nonsense_is_the_next_possible_time() -> None:
    assert declared(GOOD | {"end_date": "2026-07-01"}).end == date(2026, 7, 1)
    assert declared(GOOD | {"end": "next", "end_date": "2026-07-01"}).end is None
    assert declared(GOOD | {"end": "date", "end_date": "soon"}).end is None


def test_hostile_and_endless_words_are_cut_and_cleaned() -> None:
    """Edge case 27: a comment of 10,000 characters is accepted."""
    told = declared(
        {
            "name": "x\u202ey\x00\n" * 9000,
            "email": "jo@example.com",
            "kind": "extraordinary",
            "reason": "a" * 10_000,
        }
    )
    assert len(told.name) <= 200
    assert not {"\u202e", "\x00", "\n"} & set(told.name)
    assert len(told.reason) == 5000


@pytest.mark.parametrize("kind", ["", "ORDINARY", "<script>", "both"])
def test_an_unknown_kind_is_ordinary(kind: str) -> None:
    assert declared(GOOD | {"kind": kind}).kind is CancellationKind.ORDINARY
