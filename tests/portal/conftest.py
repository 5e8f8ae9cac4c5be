"""An application on each database in turn."""

from __future__ import annotations

import pytest

from app.core.db import Database
from tests.portal.factories import FakeApplication


@pytest.fixture
def application(database: Database) -> FakeApplication:
    return FakeApplication(database)
