"""What an operator does with endpoints, each an act that is recorded. Opens its own transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import sleep

from app.core import acts
from app.core.errors import Conflict
from app.hooks import service
from app.hooks.delivery import HookDelivery
from app.hooks.models import HookEndpoint, HookMessage
from app.hooks.states import EndpointKind, HookState, HookType

LOOKS, PAUSE_SECONDS = 60, 0.2


@dataclass(frozen=True)
class HookDesk:
    """The same for the command line and the API; `delivery` has the database, the clock and the way out."""

    delivery: HookDelivery

    def add(self, url: str, events: Sequence[HookType], *, who: str) -> tuple[HookEndpoint, str]:
        """A new endpoint and its secret; raises AddressRefused."""
        self.delivery.wire.check(url)
        now = self.delivery.clock()
        with self.delivery.db.write() as session:
            endpoint, secret = service.add_endpoint(session, url, events, self.delivery.sealer, now=now)
            after = {"url": url, "events": endpoint.events}
            acts.record(session, "hooks.add", who=who, subject=endpoint.id, after=after, now=now)
        return endpoint, secret

    def remove(self, endpoint_id: str, *, who: str) -> None:
        """Raises NotFound; Conflict for a chat."""
        now = self.delivery.clock()
        with self.delivery.db.write() as session:
            _refuse_chat(service.get_endpoint(session, endpoint_id))
            gone = service.remove_endpoint(session, endpoint_id, now=now)
            before = {"url": gone.url, "events": gone.events}
            acts.record(session, "hooks.remove", who=who, subject=endpoint_id, before=before, now=now)

    def enable(self, endpoint_id: str, *, who: str) -> HookEndpoint:
        """Tell an endpoint again that was given up; raises NotFound."""
        now = self.delivery.clock()
        with self.delivery.db.write() as session:
            before = {"disabled": service.get_endpoint(session, endpoint_id).disabled_reason}
            endpoint = service.enable_endpoint(session, endpoint_id)
            acts.record(session, "hooks.enable", who=who, subject=endpoint_id, before=before, now=now)
        return endpoint

    def rotate(self, endpoint_id: str, *, who: str) -> str:
        """A new secret; the old one signs along for 24 hours. Raises NotFound; Conflict for a chat."""
        now = self.delivery.clock()
        with self.delivery.db.write() as session:
            _refuse_chat(service.get_endpoint(session, endpoint_id))
            secret = service.rotate_secret(session, endpoint_id, self.delivery.sealer, now=now)
            acts.record(session, "hooks.rotate", who=who, subject=endpoint_id, now=now)
        return secret

    def test(self, endpoint_id: str, *, who: str) -> HookMessage:
        """Send a ping now and wait for the answer, 10 seconds at most; the message as it has been settled.

        It stays `queued` while everything is paused. Raises NotFound.
        """
        now = self.delivery.clock()
        with self.delivery.db.write() as session:
            message_id = service.queue_ping(session, endpoint_id, now=now)
            acts.record(session, "hooks.test", who=who, subject=endpoint_id, now=now)
        self.delivery.deliver_one(message_id)
        return self._settled(message_id)

    def _settled(self, message_id: str) -> HookMessage:
        """The message once nobody is on the way with it: a worker may have been quicker than we."""
        for _ in range(LOOKS):
            with self.delivery.db.read() as session:
                message = session.get_one(HookMessage, message_id)
            if message.state != HookState.SENDING:
                break
            sleep(PAUSE_SECONDS)
        return message


def _refuse_chat(endpoint: HookEndpoint) -> None:
    if endpoint.kind == EndpointKind.CHAT:
        raise Conflict("a chat stands in RECLAIM_ALERT_URLS: change it there")
