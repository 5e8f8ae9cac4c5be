"""What time does on the payment side: agenda kind -> what is done with the object it names."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.coupons.ending import end_discount
from sandbox.payment_intents.capturing import expire_authorization
from sandbox.payment_intents.settling import settle
from sandbox.refunds.settling import settle_refund
from sandbox.state import State

PAYMENT_STEPS: dict[str, Callable[[State, str], None]] = {
    "end_discount": end_discount,
    "expire_authorization": expire_authorization,
    "settle": settle,
    "settle_refund": settle_refund,
}
