"""A letter to print: on one page, with the letters of every name, and naming nobody to the new occupant."""

from __future__ import annotations

import pytest

from app.ops.letters import printed
from app.winback.letter import words_for
from app.winback.states import LapseKind


@pytest.mark.parametrize("kind", list(LapseKind))
def test_every_kind_has_a_letter(kind: LapseKind) -> None:
    words = words_for(kind, brand="Acme & Söhne", plan="Pro <1>", name="Łucja Ångström", website=None)
    pdf = printed(words, sender="Acme & Söhne")
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") == 1


@pytest.mark.parametrize("kind", [LapseKind.MOVED, LapseKind.CLOSED])
def test_the_new_occupant_is_not_told_who_lived_there(kind: LapseKind) -> None:
    words = words_for(kind, brand="Acme", plan="Pro", name="Ada Lovelace", website="https://acme.example")
    assert "Ada" not in " ".join([words.greeting, *words.paragraphs, words.closing])
