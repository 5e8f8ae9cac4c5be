"""Everything the sandbox knows, in plain dictionaries, under one lock.

Objects are stored exactly as the newest API version shows them. What the provider knows but does not show
(card numbers, which invoice an intent belongs to, endpoint secrets) lives beside them, by object id.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.agenda import Agenda
from sandbox.clock import Clock
from sandbox.errors import missing_object
from sandbox.faults import ApiFaults, DeliveryFaults
from sandbox.identifiers import Identifiers
from sandbox.policy import BillingPolicy

if TYPE_CHECKING:
    from sandbox.cards.behaviour import Behaviour
    from sandbox.deliveries import Delivery
    from sandbox.events.record import RecordedEvent

Obj = dict[str, Any]
Sink = Callable[[bytes, dict[str, str]], int]
API_VERSION = "2026-10-28.endive"
DELIVERY_LOG_LENGTH = 5_000


@dataclass
class RequestStamp:
    """The API request that is being carried out; events name it. Both are null for the engine's own doing."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Hidden:
    """What the provider knows beside the objects, by object id."""

    card_numbers: dict[str, str] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    # Methods whose owner passed authentication while saving them, so that off-session charges may go through.
    authenticated_methods: set[str] = field(default_factory=set)
    invoice_of_intent: dict[str, str] = field(default_factory=dict)
    intent_of_invoice: dict[str, str] = field(default_factory=dict)
    # The method (and its card details) whose hard decline bars further automatic charges of an invoice.
    barred_methods: dict[str, str] = field(default_factory=dict)
    invoices_of_subscription: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    subscriptions_of_customer: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    payments_of_invoice: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    session_params: dict[str, Obj] = field(default_factory=dict)
    endpoint_secrets: dict[str, str] = field(default_factory=dict)
    endpoint_shapes: dict[str, str] = field(default_factory=dict)


class State:
    """One account of the stand-in provider."""

    def __init__(self, start: datetime, api_key: str = "sk_test_sandbox", seed: int = 1) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(start)
        self.agenda = Agenda()
        self.policy = BillingPolicy()
        self.identifiers = Identifiers(seed)
        self.api_key = api_key
        self.public_base = "http://127.0.0.1"
        self.account_id = self.identifiers.new("acct")
        self.objects: dict[str, dict[str, Obj]] = defaultdict(dict)
        self.hidden = Hidden()
        self.request = RequestStamp()
        self.silent = False
        self.events: dict[str, RecordedEvent] = {}
        self.queue: deque[Delivery] = deque()
        self.delivery_log: deque[Obj] = deque(maxlen=DELIVERY_LOG_LENGTH)
        self.waiting: dict[str, Delivery] = {}
        self.paused = False
        self.sending = threading.Lock()
        self.moving = threading.Lock()
        self.sink: Sink | None = None
        self.delivery_faults = DeliveryFaults()
        self.api_faults = ApiFaults()
        self.answers: dict[str, Any] = {}

    @property
    def now(self) -> int:
        return self.clock.now

    def new_id(self, prefix: str) -> str:
        return self.identifiers.new(prefix)

    def insert(self, obj: Obj) -> Obj:
        """Store an object under its own `object` and `id`; gives the same dictionary back."""
        self.objects[obj["object"]][obj["id"]] = obj
        return obj

    def find(self, kind: str, object_id: str | None) -> Obj | None:
        return self.objects[kind].get(object_id) if object_id else None

    def get(self, kind: str, object_id: str, param: str = "id") -> Obj:
        """The object, or the provider's `resource_missing` naming `param`."""
        found = self.find(kind, object_id)
        if found is None:
            raise missing_object(kind, object_id, param)
        return found

    def rows(self, kind: str) -> list[Obj]:
        """All objects of a kind in order of creation."""
        return list(self.objects[kind].values())

    def remove(self, kind: str, object_id: str) -> None:
        self.objects[kind].pop(object_id, None)

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Changes inside record no events: for building a past that nobody was told about."""
        before, self.silent = self.silent, True
        try:
            yield
        finally:
            self.silent = before
