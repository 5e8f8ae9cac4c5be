"""What goes over the wire for a message: address, body, headers, signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from app.core.sealing import Sealer
from app.hooks.models import HookEndpoint, HookMessage
from app.hooks.states import EndpointKind

AGENT = "Reclaim-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Post:
    """One request that is ready to leave."""

    url: str
    body: bytes
    headers: dict[str, str]


def post_of(
    message: HookMessage, endpoint: HookEndpoint, sealer: Sealer, *, now: datetime, real_now: datetime
) -> Post:
    """The request of one try. Raises Unreadable where the endpoint's secret cannot be opened.

    `now`: business time, which says whether an old secret still signs along. `real_now` is what the
    signature bears even on a test clock: receivers refuse what is older than five minutes.
    """
    text = json.dumps(message.body, ensure_ascii=False, separators=(",", ":"))
    headers = {"Content-Type": "application/json", "User-Agent": AGENT}
    secret = sealer.open(endpoint.secret).decode()
    if endpoint.kind == EndpointKind.CHAT:
        return Post(secret, text.encode(), headers)
    secrets = [secret]
    if endpoint.old_secret is not None and endpoint.old_secret_until and now < endpoint.old_secret_until:
        secrets.append(sealer.open(endpoint.old_secret).decode())
    headers |= {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(real_now.timestamp())),
        "webhook-signature": " ".join(Webhook(s).sign(message.id, real_now, text) for s in secrets),
    }
    return Post(endpoint.url, text.encode(), headers)
