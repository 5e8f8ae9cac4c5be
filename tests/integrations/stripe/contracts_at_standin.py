"""Short ways to look at what the contracts' adapter brought about at the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import stripe

from app.integrations.stripe.contracts import StripeContracts
from app.offers.rules.contract import CouponTerms
from sandbox.testing import RunningSandbox

ContractsFrom = Callable[[str], AbstractContextManager[tuple[RunningSandbox, StripeContracts]]]
FREE_MONTHS = CouponTerms("grant_free", "Two months free", percent_off=100, months=2)


def sdk(sandbox: RunningSandbox) -> Any:
    """The official client, as the merchant's own code uses it."""
    return stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.api_base}).v1


def totals(sandbox: RunningSandbox, subscription: str) -> list[int]:
    return [row["total"] for row in sandbox.invoices(subscription)]


def coupons_in_force(sandbox: RunningSandbox, subscription: str) -> list[str]:
    rows = sandbox.get("subscription", subscription)["discounts"]
    return [sandbox.get("discount", row)["source"]["coupon"] for row in rows]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def break_next(sandbox: RunningSandbox, kind: str, path: str, method: str = "POST") -> None:
    """The next such call is carried out and its answer lost, or another fault of docs/sandbox.md."""
    sandbox.control("POST", "api/faults", {"kind": kind, "path": path, "method": method})
