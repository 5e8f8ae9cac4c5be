"""Old suppressions and consents out of a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.contacts import importing, service
from app.contacts.importing import Entry, Refused
from app.contacts.models import Consent, Suppression
from app.contacts.states import SuppressionReason, SuppressionScope
from app.core import gates
from app.core.acts import OperatorAct
from app.core.db import Database
from app.core.errors import InvalidInput
from app.privacy import door
from tests.commands import Commands

Command = Callable[..., tuple[int, str]]

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
GOOD = """email,scope,reason,at,source,consent_at,basis,proof
ada@example.com,,unsubscribe,2025-01-02,mailchimp,,,
BEN@example.com,all,hard_bounce,2025-01-02T10:00:00+01:00,mailchimp,,,

cleo@example.com,,,,crm,2025-06-01,consent,form of 1 June
"""


def rows(text: str) -> list[Entry | Refused]:
    return list(importing.read(text.splitlines(keepends=True), now=NOW))


def test_a_row_is_a_suppression_a_consent_or_both() -> None:
    ada, ben, cleo = rows(GOOD)
    assert isinstance(ada, Entry)
    assert ada.suppression is not None
    assert (ada.suppression.scope, ada.consent) == (SuppressionScope.MARKETING, None)
    assert isinstance(ben, Entry)
    assert ben.address == "ben@example.com"
    assert ben.suppression is not None
    assert ben.suppression.reason == SuppressionReason.HARD_BOUNCE
    assert ben.suppression.at == datetime(2025, 1, 2, 9, tzinfo=UTC)
    assert isinstance(cleo, Entry)
    assert cleo.suppression is None
    assert cleo.consent is not None
    assert cleo.consent.proof == "form of 1 June"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nobody,all,,,,,,", "this is not a mail address"),
        ("a@example.com,some,,,,,,", "scope: 'some' is none of all, marketing, winback"),
        ("a@example.com,,bored,,,,,", "reason: 'bored' is none of"),
        ("a@example.com,all,,2030-01-01,,,,", "at: lies in the future"),
        ("a@example.com,all,,soon,,,,", "at: is no date"),
        ("a@example.com,,,,,2025-01-01,,", "proof: a consent needs a proof"),
        ("a@example.com,,,,,,consent,form", "a consent needs consent_at"),
        ("a@example.com,,,,,,,", "says neither"),
        ("a@example.com,all,,,,,,,,", "10 cells under 8 columns"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_reason_and_not_repeated(line: str, why: str) -> None:
    header = GOOD.splitlines()[0]
    (refused,) = rows(f"{header}\n{line}\n")
    assert isinstance(refused, Refused)
    assert refused.line == 2
    assert why in refused.why
    assert "a@example.com" not in refused.why


@pytest.mark.parametrize("header", ["", "address,scope", "email,phone", "email,email"])
def test_a_header_that_does_not_fit_stops_everything(header: str) -> None:
    with pytest.raises(InvalidInput):
        rows(f"{header}\nx,y\n")


@pytest.fixture
def command(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`reclaim contacts ...`."""
    return partial(Commands(database, tmp_path, monkeypatch), "contacts")


def count(database: Database) -> tuple[int, int, bool]:
    """Suppressions, consents, and whether old suppressions are known."""
    with database.read() as session:
        row = gates.installation(session)
        return (
            session.scalar(select(func.count(Suppression.id))) or 0,
            session.scalar(select(func.count(Consent.id))) or 0,
            row is not None and row.suppressions_known_at is not None,
        )


def test_a_file_is_imported_once_and_a_dry_run_writes_nothing(
    database: Database, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "old.csv"
    file.write_text(GOOD)
    _, dry = command("import", str(file), "--dry-run")
    assert "2 suppressions and 1 consents would be added, 0 known before, 0 lines refused" in dry
    assert count(database) == (0, 0, False)
    status, _ = command("import", str(file))
    assert (status, count(database)) == (0, (2, 1, True))
    _, again = command("import", str(file))
    assert "0 suppressions and 0 consents added, 3 known before" in again
    assert count(database) == (2, 1, True)


def test_good_lines_are_kept_and_bad_ones_fail_the_command(
    database: Database, command: Command, tmp_path: Path
) -> None:
    """What was refused may be a suppression too, so marketing is not let out yet."""
    file = tmp_path / "old.csv"
    file.write_text(GOOD + "nobody,all,,,,,,\n")
    status, told = command("import", str(file))
    assert (status, count(database)) == (1, (2, 1, False))
    assert "line 6: this is not a mail address" in told


def test_the_operator_may_state_that_there_are_none(database: Database, command: Command) -> None:
    assert command("import", "--none")[0] == 0
    assert count(database) == (0, 0, True)
    with database.read() as session:
        assert session.scalars(select(OperatorAct.act)).all() == ["contacts.none"]


def test_neither_a_file_nor_the_statement_is_wrong_use(command: Command) -> None:
    assert command("import")[0] == 2


def test_a_line_of_an_erased_customer_is_refused_with_its_reason(
    database: Database, command: Command, tmp_path: Path
) -> None:
    with database.write() as session:
        gates.register(session, public_url="http://here", provider_key=None, now=NOW)
        door.shut(session, ["cus_gone"], NOW)
    file = tmp_path / "old.csv"
    lines = ("email,reason,consent_at,proof,customer_id", "ada@example.com,,2025-06-01,form,cus_gone",
             "ben@example.com,unsubscribe,,,cus_here", "cleo@example.com,unsubscribe,,,")  # fmt: skip
    file.write_text("\n".join(lines) + "\n")
    for dry_run in (True, False):
        status, told = command("import", str(file), *(["--dry-run"] if dry_run else []))
        assert status == 1
        assert "line 2: customer_id: this customer was erased" in told
        assert "cus_gone" not in told
    assert count(database) == (2, 0, False)


def test_suppress_and_lift_are_commands_and_a_complaint_takes_force(
    database: Database, command: Command
) -> None:
    with database.write() as session:
        gates.register(session, public_url="http://here", provider_key=None, now=NOW)
        scope, reason = SuppressionScope.MARKETING, SuppressionReason.COMPLAINT
        service.suppress(session, "ada@example.com", scope, reason, "postmark", NOW)
    words = (
        "suppress",
        "ben@example.com",
        "--scope",
        "winback",
        "--reason",
        "asked by phone",
        "--days",
        "30",
    )
    status, told = command(*words)
    assert (status, told.startswith("suppressed: winback until ")) == (0, True)
    assert command("suppress", "ben@example.com", "--scope", "winback")[0] == 2
    assert command("lift", "ada@example.com", "--reason", "they are nice")[0] == 1
    status, told = command("lift", "ada@example.com", "--reason", "by mistake, letter 7", "--force")
    assert (status, told) == (0, "lifted: marketing (complaint)\n")
    with database.read() as session:
        acts = session.execute(select(OperatorAct.act, OperatorAct.who, OperatorAct.why)).all()
    assert [tuple(a) for a in acts] == [
        ("contacts.suppress", "command line", "asked by phone"),
        ("contacts.lift", "command line", "by mistake, letter 7"),
    ]
