"""What a sheet is made from, and what a section is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.ops.period import USUAL, View
from app.ops.ports import Workplace
from app.ops.sheets import Sheet
from app.stats.rules import Window


class Filter(StrEnum):
    """What figures of a section can be narrowed by."""

    PERIOD = "period"
    CURRENCY = "currency"
    PLAN = "plan"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Desk:
    """One request: rows to read, what was asked, and when. `currency` is that of amounts: the one asked for, else
    the one with the most late invoices; empty where there is no money yet."""

    session: Session
    place: Workplace
    view: View
    currency: str
    now: datetime

    @property
    def window(self) -> Window:
        return self.view.window(self.now)


Maker = Callable[[Desk], Sheet]


def _nothing(_: Desk) -> dict[str, Any]:
    return {}


def _no_choices(_: Desk) -> Sequence[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Section:
    """A page. `name` is its address; `more` gives its template more than the sheets; `plans`: what there is to
    choose, value and words."""

    name: str
    title: str
    sheets: Mapping[str, Maker]
    filters: frozenset[Filter]
    about: str = ""
    template: str = "section.html"
    months: int = USUAL
    folded: frozenset[str] = frozenset()  # sheets that open on request
    more: Callable[[Desk], dict[str, Any]] = field(default=_nothing)
    plans: Callable[[Desk], Sequence[tuple[str, str]]] = field(default=_no_choices)
    campaigns: Callable[[Desk], Sequence[tuple[str, str]]] = field(default=_no_choices)
