"""The stand-in provider, and our adapters connected to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.integrations.stripe.client import StripeConnection, connect
from app.integrations.stripe.contracts import StripeContracts
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.writes import StripeWrites
from sandbox.testing import RunningSandbox, running_sandbox
from tests.integrations.stripe.contracts_at_standin import ContractsFrom
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


@pytest.fixture
def contracts(connection: StripeConnection) -> StripeContracts:
    return StripeContracts(connection)


@pytest.fixture
def impatient(sandbox: RunningSandbox) -> StripeContracts:
    """Without the SDK's own retries, so that a fault comes through to the caller."""
    return StripeContracts(
        connect(sandbox.api_key, api_base=sandbox.api_base, network_retries=0, per_second=1000)
    )


@pytest.fixture
def contracts_from() -> ContractsFrom:
    """The stand-in and the adapter from another day on: `with contracts_from("2026-01-31T10:00:00")`."""

    @contextmanager
    def begun(start: str) -> Iterator[tuple[RunningSandbox, StripeContracts]]:
        with running_sandbox(start=f"{start}+00:00") as running:
            yield (
                running,
                StripeContracts(connect(running.api_key, api_base=running.api_base, per_second=1000)),
            )

    return begun
