"""Ids become pseudonyms, the same one everywhere; names and addresses are blacked out."""

from __future__ import annotations

from app.privacy.redaction import Redactor, is_pseudonym, provider_ids


def test_one_id_has_one_pseudonym_in_texts_keys_and_lists() -> None:
    redactor = Redactor({"in_1", "cus_9"})
    other = redactor.pseudonyms["in_1"]
    assert is_pseudonym(other)
    assert redactor.text("case_1:in_1:mail") == f"case_1:{other}:mail"
    assert redactor.json({"in_1": ["in_1", 3, None, True]}) == {other: [other, 3, None, True]}


def test_an_id_is_no_part_of_a_longer_one() -> None:
    assert Redactor({"in_1"}).text("in_12 sin_1 in_1_x") == "in_12 sin_1 in_1_x"


def test_words_go_in_any_case_and_blank_ones_are_not_looked_for() -> None:
    redactor = Redactor((), {"Ada Lovelace", "ada@example.com", " "})
    assert redactor.text("ADA lovelace <Ada@Example.com>, signed") == "erased <erased>, signed"


def test_whoever_has_no_ids_and_no_words_changes_nothing() -> None:
    assert Redactor(()).text("as it was") == "as it was"


def test_ids_of_one_customers_objects_are_found_and_everybodys_are_not() -> None:
    value = {"watched": [{"card": "pm_1", "price": "price_2"}], "text": "pi_3 of cus_4, prod_5"}
    assert set(provider_ids(value)) == {"pm_1", "pi_3", "cus_4"}
