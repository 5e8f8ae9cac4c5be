"""A switchboard on each database, with an installation that knows where its pages are."""

from __future__ import annotations

import pytest

from app.core import gates
from app.core.db import Database
from tests.hooks.switchboard import NOW, Switchboard, Wire


@pytest.fixture
def board(database: Database) -> Switchboard:
    with database.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=NOW)
    return Switchboard(database, wire=Wire())
