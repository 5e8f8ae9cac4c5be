"""Run every trigger that the official command line lists, and print what became of each.

    python -m tests.sandbox.official_cli [TRIGGER ...]

Exit status 0 whatever passed: this is a survey, the promise is in `tests/sandbox/test_official_cli.py`.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from tests.sandbox.official_cli.binary import NotAvailable, official_cli
from tests.sandbox.official_cli.receiver import running_receiver
from tests.sandbox.official_cli.triggers import Outcome, listed_triggers, run_trigger

ROUTE = re.compile(r"\((?:GET|POST|DELETE): /v\d/([^)]*)\)")
ID = re.compile(r"[a-z]+_[A-Za-z0-9]{14,}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.official_cli", description=__doc__)
    parser.add_argument("triggers", nargs="*", help="only these; all by default")
    wanted = parser.parse_args().triggers
    console = Console()
    try:
        cli = official_cli()
    except NotAvailable as reason:
        sys.exit(str(reason))
    with (
        tempfile.TemporaryDirectory(prefix="official-cli-") as name,
        running_receiver(Path(name)) as receiver,
    ):
        names = wanted or listed_triggers(cli, Path(name))
        outcomes = [
            run_trigger(cli, trigger, receiver, Path(name))
            for trigger in track(names, "Triggers", console=console, transient=True)
        ]
    console.print(table_of(outcomes))
    passed = sum(outcome.passed for outcome in outcomes)
    console.print(f"passed {passed} of {len(outcomes)}; each named event was signed, delivered and stored")


def table_of(outcomes: list[Outcome]) -> Table:
    """The ones that did not pass, gathered by what is missing and by the reason."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for outcome in outcomes:
        if not outcome.passed:
            reason = ID.sub("{id}", outcome.reason)
            groups[resource_of(outcome), reason].append(outcome.trigger)
    table = Table("missing", "reason", "triggers", title="Triggers that did not pass", show_lines=True)
    for (resource, reason), triggers in sorted(groups.items()):
        table.add_row(resource, escape(reason), "\n".join(triggers))
    return table


def resource_of(outcome: Outcome) -> str:
    """The resource of the refused route without its ids, else of the event: `issuing/cardholders`, `payout`."""
    route = ROUTE.search(outcome.reason)
    if route is None:
        return outcome.wanted.rpartition(".")[0]
    return "/".join(part for part in route[1].split("/") if not ID.fullmatch(part))


if __name__ == "__main__":
    main()
