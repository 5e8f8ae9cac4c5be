"""A switchboard on each database, and a merchant's backend that listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.db import Database
from tests.hooks.receiver import Receiver, receiving
from tests.hooks.switchboard import Switchboard


@pytest.fixture
def board(database: Database) -> Switchboard:
    return Switchboard(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one
