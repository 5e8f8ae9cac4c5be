"""How often the open form may be sent: by one connection, and for one address. Kept in the process's memory.

Nothing of a visitor is stored for it. With several web processes each counts for itself.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

HOUR = 3600.0


@dataclass
class Limiter:
    """At most `most` times in any `seconds`, by key. `keys`: so many are remembered, the longest idle go first."""

    most: int
    seconds: float = HOUR
    keys: int = 50_000
    _times: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, key: str, at: float) -> bool:
        """Whether one more is allowed at this time, in seconds; it counts if so."""
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            while times and times[0] <= at - self.seconds:
                times.popleft()
            if len(times) >= self.most:
                return False
            times.append(at)
            if len(self._times) > self.keys:
                self._times.popitem(last=False)
            return True


@dataclass
class FormLimits:
    """Ten an hour from one connection, ten a day for one address, whether we know it or not."""

    by_client: Limiter = field(default_factory=lambda: Limiter(10))
    by_address: Limiter = field(default_factory=lambda: Limiter(10, 24 * HOUR))

    def allow(self, client: str | None, address: str, at: float) -> bool:
        return self.by_client.allows(network_of(client), at) and self.by_address.allows(address, at)


def network_of(client: str | None) -> str:
    """One subscriber's connection: an IPv4 address, or the 64 bits of IPv6 that one subscriber holds."""
    try:
        address = ipaddress.ip_address(client or "")
    except ValueError:
        return client or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
