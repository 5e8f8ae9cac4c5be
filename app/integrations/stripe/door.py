"""The webhook route of Stripe: a signature over the raw bytes, then the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.inbound.ports import Door, Envelope
from app.inbound.states import Source
from app.integrations.stripe.envelope import read_envelope
from app.integrations.stripe.signature import verify

PATH = "/webhooks/stripe"
SIGNATURE = b"stripe-signature"


def stripe_door(secrets: Sequence[bytes], *, expected_livemode: bool | None) -> Door:
    """A door that any of `secrets` opens; without one it stays shut."""
    known = [secret for secret in secrets if secret]

    def admit(headers: Mapping[bytes, bytes], body: bytes, now_seconds: float) -> Envelope:
        verify(headers.get(SIGNATURE, b""), body, known, now_seconds)  # before anything looks into the body
        return read_envelope(body)

    return Door(
        PATH,
        Source.STRIPE,
        frozenset({SIGNATURE}),
        admit if known else None,
        expected_livemode=expected_livemode,
    )
