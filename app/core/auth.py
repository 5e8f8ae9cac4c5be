"""API keys: `rk_<name>.<secret>` is shown once; the database holds only its digest."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, one_of
from app.core.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from app.core.ids import new_secret

RESERVED_NAMES = frozenset({"page", "form", "return", "command line"})
"""What is written where no key acted: a key of this name could not be told from a customer or a shell."""


class Scope(StrEnum):
    """What a key may do; each includes the ones before it."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


class ApiKey(Base):
    """One key. Keys are long and random, so a plain digest is enough."""

    __tablename__ = "api_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    scope: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (one_of("scope", Scope),)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def add_key(session: Session, name: str, scope: Scope, *, now: datetime, secret: str | None = None) -> str:
    """Store a new key and return its secret, which cannot be read again. Raises Conflict, InvalidInput."""
    if name.strip().lower() in RESERVED_NAMES:
        raise InvalidInput(f"a key cannot be named {name!r}: that word says that no key was used")
    if session.get(ApiKey, name) is not None:
        raise Conflict(f"there is a key named {name}")
    secret = secret or f"rk_{name}.{new_secret()}"
    session.add(ApiKey(name=name, digest=digest_of(secret), scope=scope, created_at=now))
    session.flush()
    return secret


def revoke_key(session: Session, name: str, *, now: datetime) -> None:
    key = session.get(ApiKey, name)
    if key is None:
        raise NotFound(f"there is no key named {name}")
    key.revoked_at = key.revoked_at or now


def find_key(session: Session, secret: str) -> ApiKey | None:
    """The valid key with this secret, or None."""
    wanted = digest_of(secret)
    key = session.scalar(select(ApiKey).where(ApiKey.digest == wanted, ApiKey.revoked_at.is_(None)))
    return key if key is not None and hmac.compare_digest(key.digest, wanted) else None


def keys(session: Session) -> list[ApiKey]:
    return list(session.scalars(select(ApiKey).order_by(ApiKey.name)))


def seed_keys(session: Session, entries: list[str], *, now: datetime) -> None:
    """Store the keys of `RECLAIM_API_KEYS` (`name:key:scope`) that are not there yet."""
    for entry in entries:
        name, _, rest = entry.partition(":")
        secret, _, scope = rest.rpartition(":")
        if not name or len(secret) < 16 or scope not in list(Scope):
            message = "RECLAIM_API_KEYS must be name:key:scope, keys of 16 characters and more"
            raise ConfigurationError(f"{message}; scopes are {', '.join(Scope)}")
        if session.get(ApiKey, name) is None:
            add_key(session, name, Scope(scope), now=now, secret=secret)
