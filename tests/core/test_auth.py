from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from app.core import auth
from app.core.auth import ApiKey, Scope
from app.core.db import Database
from app.core.errors import ConfigurationError, Conflict, InvalidInput, NotFound

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_key_is_found_by_its_secret_and_the_secret_is_not_kept(database: Database) -> None:
    with database.write() as session:
        secret = auth.add_key(session, "ops", Scope.OPERATE, now=NOW)
    with database.read() as session:
        key = auth.find_key(session, secret)
        assert key is not None
        assert (key.name, key.scope) == ("ops", "operate")
        assert secret.startswith("rk_ops.")
        assert secret.partition(".")[2] not in repr([vars(k) for k in session.query(ApiKey)])
        for wrong in ("", secret[:-1], secret + "x", secret.upper(), "rk_ops.", key.digest):
            assert auth.find_key(session, wrong) is None


def test_a_revoked_key_opens_nothing_and_stays_revoked_at_its_first_time(database: Database) -> None:
    with database.write() as session:
        secret = auth.add_key(session, "ops", Scope.READ, now=NOW)
        auth.revoke_key(session, "ops", now=NOW)
        auth.revoke_key(session, "ops", now=NOW.replace(year=2030))
        assert auth.find_key(session, secret) is None
        assert [k.revoked_at for k in auth.keys(session)] == [NOW]
        with pytest.raises(NotFound):
            auth.revoke_key(session, "nobody", now=NOW)


def test_a_name_is_given_once(database: Database) -> None:
    with database.write() as session:
        auth.add_key(session, "ops", Scope.READ, now=NOW)
        with pytest.raises(Conflict):
            auth.add_key(session, "ops", Scope.ADMIN, now=NOW)


def test_a_scope_covers_itself_and_the_smaller_ones() -> None:
    order = [Scope.READ, Scope.OPERATE, Scope.ADMIN]
    for mine, wanted in product(order, order):
        assert mine.covers(wanted) == (order.index(mine) >= order.index(wanted))


@pytest.mark.parametrize("name", ["page", "Form", "return", "command line"])
def test_no_key_bears_a_name_that_says_that_no_key_was_used(database: Database, name: str) -> None:
    with database.write() as session:
        with pytest.raises(InvalidInput, match="cannot be named"):
            auth.add_key(session, name, Scope.READ, now=NOW)
        with pytest.raises(InvalidInput):
            auth.seed_keys(session, [f"{name}:a-long-enough-key:read"], now=NOW)
        assert auth.keys(session) == []


def test_first_keys_are_seeded_once_and_a_revoked_one_does_not_come_back(database: Database) -> None:
    entries = ["ops:a:secret:with:colons:admin", "eye:0123456789abcdef:read"]
    with database.write() as session:
        auth.seed_keys(session, entries, now=NOW)
        found = auth.find_key(session, "a:secret:with:colons")
        assert found is not None
        assert found.scope == "admin"
        auth.revoke_key(session, "ops", now=NOW)
        auth.seed_keys(session, entries, now=NOW)
        assert auth.find_key(session, "a:secret:with:colons") is None


@pytest.mark.parametrize(
    "entry",
    ["", "ops", "ops:0123456789abcdef", "ops:short:read", ":0123456789abcdef:read", "o:0123456789abcdef:god"],
)
def test_an_entry_that_cannot_be_meant_is_refused(database: Database, entry: str) -> None:
    with database.write() as session, pytest.raises(ConfigurationError):
        auth.seed_keys(session, [entry], now=NOW)
