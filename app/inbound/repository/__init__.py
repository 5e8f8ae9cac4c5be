"""All queries on stored events: claims (workers), store (from inside), lookups, replay."""

from app.inbound.repository.claims import (
    Claim,
    ClaimedEvent,
    claim,
    push_back,
    release,
    settle,
    waiting_events,
)
from app.inbound.repository.lookups import (
    Backlog,
    ListedEvent,
    Unfinished,
    backlog,
    counts_by_state,
    get,
    listing,
    unfinished,
)
from app.inbound.repository.replay import replay
from app.inbound.repository.store import known, store

__all__ = [
    "Backlog",
    "Claim",
    "ClaimedEvent",
    "ListedEvent",
    "Unfinished",
    "backlog",
    "claim",
    "counts_by_state",
    "get",
    "known",
    "listing",
    "push_back",
    "release",
    "replay",
    "settle",
    "store",
    "unfinished",
    "waiting_events",
]
