"""Connections that are checked where they are opened, so that a name which changes in between gains nothing.

httpcore lets us open the sockets: the name is resolved here, every address it has is judged, and the
connection goes to a judged one. TLS and the Host header keep the name. Between check and use lies nothing.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import httpcore

from app.hooks.ports import AddressRefused, HookUnreachable
from app.hooks.rules.addresses import Reach, Target, refusal

MAX_ADDRESSES = 3

Resolver = Callable[[str, int], list[str]]
"""The IP addresses of a host; raises OSError."""


def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver, in its order, each address once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def judged(target: Target, reach: Reach, resolver: Resolver) -> list[str]:
    """The addresses of a target. One that is refused refuses them all; AddressRefused, HookUnreachable."""
    try:
        addresses = resolver(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise HookUnreachable(f"{target.host} cannot be resolved") from error
    if not addresses:
        raise HookUnreachable(f"{target.host} has no address")
    for address in addresses:
        why = refusal(address, target.scheme, reach)
        if why is not None:
            raise AddressRefused(f"{target.host} leads to {address}, which {why}")
    return addresses


class CheckedBackend(httpcore.NetworkBackend):
    """Opens the connections of one request, all within `seconds`."""

    def __init__(self, target: Target, reach: Reach, resolver: Resolver, seconds: float) -> None:
        self._target, self._reach, self._resolver = target, reach, resolver
        self._ends = monotonic() + seconds
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = judged(self._target, self._reach, self._resolver)[:MAX_ADDRESSES]
        for address in addresses[:-1]:
            try:
                return self._connect(address, share=len(addresses))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1])

    def _connect(self, address: str, share: int = 1) -> httpcore.NetworkStream:
        stream = self._plain.connect_tcp(address, self._target.port, timeout=_left(self._ends) / share)
        return _Timed(stream, self._ends)


class _Timed(httpcore.NetworkStream):
    """A stream that ends with the whole time given: one byte every nine seconds would outlast any pause."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._ends))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._ends)), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise httpcore.TimeoutException("the whole time given is over")
    return left
