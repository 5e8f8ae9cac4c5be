"""What the operator's side needs of the application: a small part of app/bootstrap.py's Application."""

from __future__ import annotations

from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, Request

from app.cancellation.by_staff import Counter
from app.cases.models import Case
from app.core.brand import Brand
from app.core.links import LinkSigner
from app.core.origins import LinkPolicy
from app.dunning.mails import Setup
from app.experiments.policy import ExperimentPolicy
from app.hooks.managing import HookDesk
from app.privacy.restricted import Vault


class WorkplaceSettings(Protocol):
    """The part of the settings that pages need."""

    public_url: str


class WorkplaceConfiguration(Protocol):
    """The part of reclaim.toml that pages need."""

    @property
    def brand(self) -> Brand: ...

    @property
    def links(self) -> LinkPolicy: ...

    @property
    def experiments(self) -> ExperimentPolicy: ...


class Workplace(Counter, Protocol):
    """The running application as the operator's pages see it."""

    @property
    def settings(self) -> WorkplaceSettings: ...

    @property
    def secret_keys(self) -> list[str]: ...

    @property
    def vault(self) -> Vault: ...

    @property
    def links(self) -> LinkSigner: ...

    @property
    def config(self) -> WorkplaceConfiguration: ...

    @property
    def hook_desk(self) -> HookDesk: ...

    @property
    def setup(self) -> Setup: ...

    def card_link(self, case: Case) -> str: ...


def workplace(request: Request) -> Workplace:
    """The application behind a request."""
    return cast(Workplace, request.state.application)


def intake_counters(request: Request) -> Any:
    """What the webhook route has counted in this process; None where there is no such route."""
    return getattr(request.state, "intake", None)


At = Annotated[Workplace, Depends(workplace)]
"""A route's parameter: the application."""
