"""What the cancel page needs of the application, beside what every page needs."""

from __future__ import annotations

from typing import Protocol

from app.cancellation.ports import Hands, Setup
from app.offers.ports import ProviderContracts
from app.portal.ports import PortalApplication


class CancelApplication(PortalApplication, Protocol):
    """`contracts` is None where no provider key is configured."""

    @property
    def cancelling(self) -> Setup:
        """What cancellations are configured with."""
        ...

    @property
    def contracts(self) -> ProviderContracts | None: ...

    @property
    def actions(self) -> Hands: ...
