"""What the feature needs from outside: its configuration and links. Bootstrap fills it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.cancellation.rules.policy import CancellationPolicy
from app.cases.models import Case
from app.contacts.rules.policy import Terms as ContactTerms
from app.experiments.policy import ExperimentPolicy
from app.offers.rules.policy import Catalogue


class Hands(Protocol):
    """Carries out one change while somebody waits."""

    def deliver(self, action_id: str) -> bool: ...


class Setup(Protocol):
    """What the feature is configured with. The links are fresh signed ones."""

    @property
    def cancellation(self) -> CancellationPolicy: ...

    @property
    def experiments(self) -> ExperimentPolicy: ...

    @property
    def offers(self) -> Catalogue: ...

    @property
    def terms(self) -> ContactTerms: ...

    @property
    def cancel_link(self) -> Callable[[str, str], str]: ...

    @property
    def undo_link(self) -> Callable[[Case], str]: ...

    @property
    def survey_link(self) -> Callable[[Case], str]: ...
