"""Sealed content opens with any key of the list, and with no other."""

from __future__ import annotations

import pytest

from app.core.sealing import Sealer, Unreadable

OLD, NEW = "o" * 40, "n" * 40


def test_what_was_sealed_is_not_readable_and_opens_again() -> None:
    sealer = Sealer([OLD], "a use")
    sealed = sealer.seal(b"planted words")
    assert b"planted" not in sealed
    assert sealer.open(sealed) == b"planted words"


def test_an_older_key_still_opens_and_sealing_anew_makes_it_needless() -> None:
    sealed = Sealer([OLD], "a use").seal(b"words")
    both = Sealer([NEW, OLD], "a use")
    assert both.open(sealed) == b"words"
    assert Sealer([NEW], "a use").open(both.again(sealed)) == b"words"


def test_a_key_that_is_gone_opens_nothing_and_neither_does_another_use() -> None:
    sealed = Sealer([OLD], "a use").seal(b"words")
    for other in (Sealer([NEW], "a use"), Sealer([OLD], "another use")):
        with pytest.raises(Unreadable):
            other.open(sealed)
        with pytest.raises(Unreadable):
            other.again(sealed)


def test_the_name_of_a_key_tells_keys_apart_and_nothing_of_them() -> None:
    assert Sealer([OLD], "a use").name != Sealer([NEW, OLD], "a use").name
    assert OLD not in Sealer([OLD], "a use").name
