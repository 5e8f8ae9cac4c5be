"""The stand-in provider, and our adapters connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.integrations.stripe.client import StripeConnection, connect
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.writes import StripeWrites
from sandbox.testing import RunningSandbox, running_sandbox
from tests.integrations.stripe.standin import START


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(start=START) as running:
        yield running


@pytest.fixture
def connection(sandbox: RunningSandbox) -> StripeConnection:
    return connect(sandbox.api_key, api_base=sandbox.api_base, per_second=1000)


@pytest.fixture
def reads(connection: StripeConnection) -> StripeReads:
    return StripeReads(connection)


@pytest.fixture
def writes(connection: StripeConnection) -> StripeWrites:
    return StripeWrites(connection)
