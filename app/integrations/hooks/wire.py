"""POST a message to the merchant's address: checked, without redirects, proxies, cookies or kept connections."""

from __future__ import annotations

import ssl
from datetime import timedelta

import httpcore

from app.hooks.ports import AddressRefused, HookAnswer, HookUnreachable
from app.hooks.rules.addresses import Reach, Target, refusal, take_apart
from app.integrations.hooks.connections import CheckedBackend, Resolver, judged, resolve

SECONDS = 10.0
ANSWER_LIMIT = 16 * 1024
LONGEST_WAIT = timedelta(days=1)


class HttpWire:
    """`reach`: how far messages may go; `resolver` and `trusted` are others in tests only."""

    def __init__(
        self,
        reach: Reach = Reach.PUBLIC,
        *,
        resolver: Resolver = resolve,
        seconds: float = SECONDS,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._reach, self._resolver, self._seconds = reach, resolver, seconds
        self._trusted = trusted

    def check(self, url: str) -> None:
        target = self._target(url)
        try:
            judged(target, self._reach, self._resolver)
        except HookUnreachable as error:
            raise AddressRefused(str(error)) from error

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
        target = self._target(url)
        backend = CheckedBackend(target, self._reach, self._resolver, self._seconds)
        address = httpcore.URL(
            scheme=target.scheme, host=_wire_host(target), port=target.port, target=target.path
        )
        every = {"Host": target.authority, "Connection": "close", "Content-Length": str(len(body)), **headers}
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._trusted, network_backend=backend) as pool,
                pool.stream("POST", address, headers=_encoded(every), content=body) as response,
            ):
                answer = HookAnswer(response.status, _retry_after(response))
                _drain(response)
        except httpcore.TimeoutException as error:
            raise HookUnreachable(f"no answer within {self._seconds:g} seconds") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            raise HookUnreachable(f"{type(error).__name__}: {error}"[:300]) from error
        return answer

    def _target(self, url: str) -> Target:
        target = take_apart(url)
        if isinstance(target, str):
            raise AddressRefused(f"the address {target}")
        if ":" in target.host or target.host.replace(".", "").isdigit():
            why = refusal(target.host, target.scheme, self._reach)
            if why is not None:
                raise AddressRefused(f"the address {why}")
        elif target.scheme == "http" and self._reach is Reach.PUBLIC:
            raise AddressRefused("the address must begin with https://")
        return target


def _wire_host(target: Target) -> str:
    return f"[{target.host}]" if ":" in target.host else target.host


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _retry_after(response: httpcore.Response) -> timedelta | None:
    found = next((v for k, v in response.headers if k.lower() == b"retry-after"), b"")
    return min(timedelta(seconds=int(found)), LONGEST_WAIT) if found.isdigit() and len(found) < 9 else None


def _drain(response: httpcore.Response) -> None:
    """Take in a short answer, so that a polite server is not cut off; what is longer is left unread."""
    read = 0
    try:
        for chunk in response.iter_stream():
            read += len(chunk)
            if read > ANSWER_LIMIT:
                return
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return  # the status has arrived, and is all that counts
