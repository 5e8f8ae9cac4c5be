"""Which addresses may be told: the guard against requests forged through us (SSRF). Pure.

An operator, or whoever got hold of an admin key, could otherwise make this machine ask its own network:
the database, a neighbour's admin page, the cloud's metadata with its passwords.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 2048

IPAddress = IPv4Address | IPv6Address


class Reach(StrEnum):
    """How far messages may go."""

    PUBLIC = "public"
    LOOPBACK = "loopback"  # and this machine, for a first try (test clock)
    PRIVATE = "private"  # and private networks (RECLAIM_HOOKS_ALLOW_PRIVATE)


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart once, so that no second parser reads it otherwise."""

    scheme: str
    host: str  # a name, or an IP address in its one plain spelling, without brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


# The IANA registries' entries that are not globally reachable, and what clouds answer secrets from.
# Python's own is_global is asked too; that of older 3.11 lacks some of these.
_V4_REFUSED = tuple(
    IPv4Network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's platform, on a public address
    )
)  # fmt: skip
_V6_PUBLIC = IPv6Network("2000::/3")
_V6_REFUSED = tuple(
    IPv6Network(n)
    for n in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")
_PRIVATE_V4 = tuple(IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_PRIVATE_V6 = IPv6Network("fc00::/7")
_METADATA = frozenset(
    ip_address(a)
    for a in ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16")
)
_NAME = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?", re.I)
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\.?$", re.I)


def take_apart(url: str) -> Target | str:
    """The parts of an address, or why it is none that may be told. Nothing is looked up."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_URL:
        return "must be plain ASCII without spaces (write a name with other letters in its xn-- form)"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        return f"cannot be read: {error}"
    if parts.scheme not in ("https", "http"):
        return "must begin with https://"
    if "@" in parts.netloc:
        return "must not hold a user or a password: the signature says who sends"
    if parts.fragment or "#" in url:
        return "must not have a #fragment"
    if port == 0 or parts.netloc.endswith(":"):
        return "has no usable port"
    plain = _plain_host(host, bracketed="[" in parts.netloc)
    if plain is None:
        return "must name a host, or an IP address in its usual spelling"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, plain, port or (443 if parts.scheme == "https" else 80), path)


def _plain_host(host: str, *, bracketed: bool) -> str | None:
    if bracketed:
        try:
            return str(IPv6Address(host)) if "%" not in host else None
        except ValueError:
            return None
    if not _NAME.fullmatch(host):
        return None
    if _NUMBER.match(host.rstrip(".").rpartition(".")[2]):
        # 2130706433, 0177.0.0.1, 0x7f.1 and 127.1 are all 127.0.0.1 to a resolver.
        try:
            return str(IPv4Address(host))
        except ValueError:
            return None
    return host.lower()


def refusal(address: str, scheme: str, reach: Reach) -> str | None:
    """Why nothing may be sent to this IP address; None if it may."""
    try:
        ip = _meant(ip_address(address.partition("%")[0]))
    except ValueError:
        return "is not an IP address"
    if ip in _METADATA:
        return "serves this machine's own secrets"
    if _is_public(ip):
        return None if scheme == "https" else "is public, and there only https:// will do"
    if ip.is_loopback and reach is not Reach.PUBLIC:
        return None
    if _is_private(ip) and reach is Reach.PRIVATE:
        return None
    return "is not a public address"


def _meant(ip: IPAddress) -> IPAddress:
    """A network without IPv4 of its own reaches all of it by NAT64; then the address within is judged.

    Other IPv6 addresses with an IPv4 one within (::ffff:0:0/96, 2002::/16 ...) are never public.
    """
    return IPv4Address(ip.packed[-4:]) if isinstance(ip, IPv6Address) and ip in _NAT64 else ip


def _is_public(ip: IPAddress) -> bool:
    if not ip.is_global or ip.is_multicast:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in net for net in _V4_REFUSED)
    return ip in _V6_PUBLIC and not any(ip in net for net in _V6_REFUSED)


def _is_private(ip: IPAddress) -> bool:
    if isinstance(ip, IPv4Address):
        return any(ip in net for net in _PRIVATE_V4)
    return ip in _PRIVATE_V6
