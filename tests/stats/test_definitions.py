"""Every figure has one definition; the function that computes it, and the page, say the same."""

from __future__ import annotations

from dataclasses import fields
from pkgutil import resolve_name

import pytest

from app.stats import retention_tables
from app.stats.definitions import DEFINITIONS, Definition
from app.stats.renewals_rules import RenewalFigures
from app.stats.winback_rules import WinbackFigures
from tests.figures_page import PAGE, SECTIONS, page
from tests.stats.registry import words_of

WAYS_OUT = ("voluntary", "involuntary", "structural", "avoidable")
COMPUTED = [d for d in DEFINITIONS.values() if d.computed_by]


def docstring(dotted: str) -> str:
    """Of a function, or of what is behind a property."""
    owner, _, name = dotted.rpartition(".")
    found = vars(resolve_name(owner))[name]
    told = found.fget if isinstance(found, property) else found
    return " ".join((told.__doc__ or "").split())


@pytest.mark.parametrize("told", COMPUTED, ids=lambda d: d.name)
def test_the_function_that_computes_a_figure_carries_its_formula(told: Definition) -> None:
    assert f"`{told.formula}" in docstring(told.computed_by)


def test_the_page_of_figures_is_what_the_registry_says() -> None:
    assert PAGE.read_text("utf-8") == page()
    assert {d.section for d in DEFINITIONS.values()} == set(SECTIONS)


def test_every_definition_says_something_and_none_claims_a_cause() -> None:
    for told in DEFINITIONS.values():
        assert told.title
        assert told.formula
        assert "recovered by us" not in f"{told.title} {told.formula} {told.words}".lower()


def test_every_column_of_the_reports_has_its_definition() -> None:
    counted = {f.name.removesuffix("_minor").partition("_3")[0].partition("_6")[0].partition("_9")[0]
               for f in fields(WinbackFigures)} - {"left"}  # fmt: skip
    assert counted <= words_of("winback").keys()
    assert {f.name for f in fields(RenewalFigures)} | {"due", "rate"} <= words_of("renewals").keys()
    told = {
        f"left_{name}" if name in WAYS_OUT else name
        for name in (*retention_tables.COUNTS, *retention_tables.RATES)
    }
    assert told <= words_of("retention").keys()
