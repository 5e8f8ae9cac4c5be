"""What the return page needs of the application, beside what every page needs."""

from __future__ import annotations

from typing import Protocol

from app.cancellation.ports import Hands
from app.cases.models import Case
from app.offers.ports import ProviderContracts
from app.portal.ports import PortalApplication
from app.winback.mails import Setup
from app.winback.ports import ProviderReturns


class ReturnApplication(PortalApplication, Protocol):
    """`returns` and `contracts` are None where no provider key is configured."""

    @property
    def winning_back(self) -> Setup:
        """What win-back is configured with."""
        ...

    @property
    def returns(self) -> ProviderReturns | None: ...

    @property
    def contracts(self) -> ProviderContracts | None: ...

    @property
    def actions(self) -> Hands: ...

    def card_link(self, case: Case) -> str:
        """A fresh link to the card page of a case."""
        ...
