"""Links to the cancel page that the merchant's own server has signed. Pure; docs/cancel-links.md has the recipe."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import from_unix
from app.core.errors import LinkExpired, LinkInvalid

LONGEST = timedelta(hours=24)
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")  # without a dot, so that what is signed can be read in one way only
_SECONDS = re.compile(r"[0-9]{1,11}")
NOT_OURS = "this link is not one of ours"


@dataclass(frozen=True, slots=True)
class MerchantLink:
    """Whose subscription the merchant says it is."""

    customer_id: str
    subscription_id: str


def signature(key: str, customer_id: str, subscription_id: str, exp: int | str) -> str:
    """HMAC-SHA256 under the key of `customer.subscription.exp`, 64 lower hex digits."""
    said = f"{customer_id}.{subscription_id}.{exp}"
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()


def read_merchant_link(query: Mapping[str, str], keys: Sequence[str], *, now: datetime) -> MerchantLink:
    """Whom a signed link is about. `now` is real time, as the merchant's server has it.

    Raises LinkExpired for an old one; LinkInvalid for any other fault, also for one that lives beyond 24 hours.
    """
    customer, subscription = query.get("customer", ""), query.get("subscription", "")
    exp, given = query.get("exp", ""), query.get("sig", "").encode()
    if not (_ID.fullmatch(customer) and _ID.fullmatch(subscription) and _SECONDS.fullmatch(exp)):
        raise LinkInvalid(NOT_OURS)
    expected = [signature(key, customer, subscription, exp).encode() for key in keys]
    if not any(hmac.compare_digest(sig, given) for sig in expected):
        raise LinkInvalid(NOT_OURS)
    ends = from_unix(int(exp))
    if ends <= now:
        raise LinkExpired("this link has expired")
    if ends - now > LONGEST:
        raise LinkInvalid(NOT_OURS)
    return MerchantLink(customer, subscription)
