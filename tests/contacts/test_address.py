from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.address import address_hash, hash_or_none, normalised
from app.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        (" ada@example.com\n", "ada@example.com"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ａｄａ＠example.com", "ada@example.com"),  # full-width letters
        ("ada@example.com.", "ada@example.com"),
    ],
)
def test_one_mailbox_has_one_spelling(written: str, known_as: str) -> None:
    assert normalised(written) == known_as


@pytest.mark.parametrize("other", ["a.d.a@example.com", "ada+shop@example.com", "ada@mail.example.com"])
def test_nothing_is_folded_away_that_could_be_another_persons_mailbox(other: str) -> None:
    assert address_hash("k", other) != address_hash("k", "ada@example.com")


@pytest.mark.parametrize("nonsense", ["", "ada", "@example.com", "ada@", "a b@example.com", "a@" + "b" * 255])
def test_what_is_no_address_is_refused_without_being_repeated(nonsense: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalised(nonsense)
    assert not nonsense.strip() or nonsense not in str(refused.value)


@given(st.emails())
def test_normalising_twice_changes_nothing(address: str) -> None:
    try:
        once = normalised(address)
    except InvalidInput:
        return
    assert normalised(once) == once


@given(st.text(max_size=60))
def test_whatever_is_told_gives_a_hash_or_none(text: str) -> None:
    found = hash_or_none("k", text)
    assert found is None or len(found) == 64


def test_the_hash_depends_on_the_installations_key() -> None:
    assert address_hash("one", "ada@example.com") != address_hash("two", "ada@example.com")
