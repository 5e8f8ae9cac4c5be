"""People at the stand-in provider."""

from __future__ import annotations

from datetime import UTC, datetime

from app.integrations.stripe.client import connect
from sandbox.building import Subscriber
from sandbox.testing import RunningSandbox

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
FAILED_ON = "2026-04-01T12:00:00+00:00"


def late_subscriber(sandbox: RunningSandbox, code: str = "insufficient_funds") -> tuple[Subscriber, str]:
    """A subscriber whose second invoice was declined; gives that invoice."""
    reader = sandbox.subscriber()
    sandbox.decline(reader.payment_method, code)
    sandbox.advance(FAILED_ON)
    return reader, str(sandbox.invoices(reader.subscription)[-1]["id"])


def new_method(sandbox: RunningSandbox, reader: Subscriber, name: str = "pm_card_visa") -> str:
    client = connect(sandbox.api_key, api_base=sandbox.api_base).client
    return client.v1.payment_methods.attach(name, {"customer": reader.customer}).id
