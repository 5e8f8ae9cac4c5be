"""How commands speak: tables and facts on stdout, messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


def say(message: str) -> None:
    """A message for the person, not part of the result."""
    print(message, file=sys.stderr)


def result(line: str) -> None:
    print(line)


def as_json(value: Any) -> None:
    print(json.dumps(value, default=_plain, indent=2))


def _plain(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


def iso(at: datetime | None) -> str:
    """RFC 3339 in UTC, to the second; a dash for nothing."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on a terminal, tab-separated lines in a pipe."""
    if not console.is_terminal:
        print("\t".join(columns))
        for row in rows:
            print("\t".join("" if v is None else str(v) for v in row))
        return
    shown = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*("" if v is None else str(v) for v in row))
    console.print(shown)
