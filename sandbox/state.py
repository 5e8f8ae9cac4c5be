"""Everything the sandbox knows, in plain dictionaries, under one lock.

Objects are stored exactly as the newest API version shows them. What the provider knows but does not show
(card numbers, which invoice an intent belongs to, endpoint secrets) lives beside them, by object id.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict, deque
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
from sandbox.timelines import Timeline

if TYPE_CHECKING:
    from sandbox.cards.behaviour import Behaviour
    from sandbox.events.record import RecordedEvent
    from sandbox.idempotency import StoredAnswer
    from sandbox.queueing import Delivery

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
    pending_items_of_customer: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    session_params: dict[str, Obj] = field(default_factory=dict)
    session_of_intent: dict[str, str] = field(default_factory=dict)
    session_lines: dict[str, list[Obj]] = field(default_factory=dict)
    # `applies_to` and `currency_options` of a coupon, which are shown only when asked for.
    coupon_terms: dict[str, Obj] = field(default_factory=dict)
    endpoint_secrets: dict[str, str] = field(default_factory=dict)
    endpoint_shapes: dict[str, str] = field(default_factory=dict)
    # Event destinations show their address only when it is asked for.
    endpoint_urls: dict[str, str] = field(default_factory=dict)


class State:
    """One account of the stand-in provider."""

    def __init__(self, start: datetime, api_key: str = "sk_test_sandbox", seed: int = 1) -> None:
        self.lock = threading.RLock()
        self.main = Timeline(Clock(start))
        self.test_timelines: dict[str, Timeline] = {}
        self._in_force = threading.local()
        self.policy = BillingPolicy()
        self.identifiers = Identifiers(seed)
        self.api_key = api_key
        self.public_base = "http://127.0.0.1"
        self.account_id = self.identifiers.new("acct")
        self.objects: dict[str, dict[str, Obj]] = defaultdict(dict)
        self.hidden = Hidden()
        self.request = RequestStamp()
        self.silent = False
        # Ordered dictionaries: their oldest entry is found and dropped without a search.
        self.events: OrderedDict[str, RecordedEvent] = OrderedDict()
        self.queue: deque[Delivery] = deque()
        self.delivery_log: deque[Obj] = deque(maxlen=DELIVERY_LOG_LENGTH)
        self.waiting: dict[str, Delivery] = {}
        self.paused = False
        self.sending = threading.Lock()
        # How many deliveries are on the way at once. One keeps them in order; a provider has many, and no order.
        self.senders = 1
        self.sink: Sink | None = None
        self.delivery_faults = DeliveryFaults()
        self.api_faults = ApiFaults()
        self.answers: OrderedDict[str, StoredAnswer] = OrderedDict()
        self.keys_in_use: set[str] = set()
        self.keys_guard = threading.Lock()
        # Test clocks whose walk a call has asked for; walked when the call's lock is released.
        self.walks: deque[str] = deque()
        # Taken off the queue and not yet settled.
        self.in_flight: deque[Delivery] = deque()
        # Counts what happens outside API calls, for whoever keeps the state in a file.
        self.changes = 0

    @property
    def timeline(self) -> Timeline:
        """The timeline that this thread works on: the main one, or a test clock's inside `on`."""
        found: Timeline = getattr(self._in_force, "timeline", self.main)
        return found

    @contextmanager
    def on(self, timeline: Timeline) -> Iterator[None]:
        """Inside, `now` and `agenda` are those of `timeline`, for this thread only."""
        before = self.timeline
        self._in_force.timeline = timeline
        try:
            yield
        finally:
            self._in_force.timeline = before

    @property
    def clock(self) -> Clock:
        return self.timeline.clock

    @property
    def agenda(self) -> Agenda:
        return self.timeline.agenda

    @property
    def now(self) -> int:
        return self.timeline.clock.now

    def new_id(self, prefix: str) -> str:
        return self.identifiers.new(prefix)

    def insert(self, obj: Obj) -> Obj:
        """Store an object under its own `object` and `id`; gives the same dictionary back.

        Kinds that show their test clock get that of the timeline in force.
        """
        if "test_clock" in obj:
            obj["test_clock"] = self.timeline.test_clock
        self.objects[obj["object"]][obj["id"]] = obj
        return obj

    def find(self, kind: str, object_id: str | None) -> Obj | None:
        return self.objects[kind].get(object_id) if object_id else None

    def find_any(self, object_id: str) -> Obj | None:
        """The object with this id, whatever its kind."""
        return next((rows[object_id] for rows in self.objects.values() if object_id in rows), None)

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
