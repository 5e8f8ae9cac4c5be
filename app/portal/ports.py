"""What the customer's pages need of the application; bootstrap's `Application` has all of it."""

from __future__ import annotations

from typing import Protocol

from app.billing.ports import ProviderPages
from app.core.brand import Brand
from app.core.clock import Clock
from app.core.db import Database
from app.core.links import LinkSigner
from app.core.origins import LinkPolicy
from app.dunning.mails import Setup


class PortalSettings(Protocol):
    @property
    def public_url(self) -> str: ...

    @property
    def link_key_list(self) -> list[str]:
        """Keys with which the merchant's server signs links to the cancel page."""
        ...

    @property
    def stripe_api_base(self) -> str | None:
        """The base URL of a stand-in provider, or None for the real one."""
        ...


class PortalConfiguration(Protocol):
    @property
    def brand(self) -> Brand: ...

    @property
    def links(self) -> LinkPolicy: ...


class PortalApplication(Protocol):
    """`pages` is None where no provider key is configured."""

    @property
    def settings(self) -> PortalSettings: ...

    @property
    def config(self) -> PortalConfiguration: ...

    @property
    def db(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def links(self) -> LinkSigner: ...

    @property
    def setup(self) -> Setup: ...

    @property
    def pages(self) -> ProviderPages | None: ...
