"""reclaim.toml: brand and campaigns. Everything has a default; every error names file, line and key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from app.alerts.policy import AlertPolicy
from app.cancellation.rules.policy import CancellationPolicy
from app.contacts.rules.policy import ContactPolicy
from app.core.brand import Brand
from app.core.errors import ConfigurationError
from app.core.origins import LinkPolicy
from app.dunning.rules.policy import DunningPolicy, ProviderBehaviour
from app.experiments.policy import ExperimentPolicy
from app.expiring.rules.policy import ExpiringPolicy
from app.offers.rules.policy import Offer
from app.offers.states import OfferKind
from app.privacy.policy import RetentionPolicy
from app.reports.policy import ReportPolicy
from app.winback.rules.policy import WinbackPolicy

COSTLY = frozenset({OfferKind.FREE_MONTHS, OfferKind.PERCENT_OFF, OfferKind.AMOUNT_OFF, OfferKind.UPGRADE})


class Configuration(BaseModel):
    """The whole file. `[dunning.schedules]` is a table of the policy, `[provider]` tells its behaviour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: Brand = Brand()
    provider: ProviderBehaviour = ProviderBehaviour()
    dunning: DunningPolicy = DunningPolicy()
    expiring: ExpiringPolicy = ExpiringPolicy()
    contacts: ContactPolicy = ContactPolicy()
    offers: dict[str, Offer] = {}
    cancellation: CancellationPolicy = CancellationPolicy()
    winback: WinbackPolicy = WinbackPolicy()
    experiments: ExperimentPolicy = ExperimentPolicy()
    retention: RetentionPolicy = RetentionPolicy()
    links: LinkPolicy = LinkPolicy()
    alerts: AlertPolicy = AlertPolicy()
    reports: ReportPolicy = ReportPolicy()

    @model_validator(mode="after")
    def _episodes_hold_their_plans(self) -> Configuration:
        """A plan that the caps would cut for certain is a mistake, told before it is one."""
        longest = max(len(days) for _, days in self.dunning.schedules)
        if longest > self.contacts.per_episode:
            raise ValueError(
                f"a dunning schedule has {longest} mails, contacts.per_episode allows {self.contacts.per_episode}"
            )
        return self

    @model_validator(mode="after")
    def _offers_exist(self) -> Configuration:
        """A reason that leads to an offer which is not there would silently lead to nothing."""
        tables = {"cancellation": self.cancellation.offers_named, "winback": self.winback.offers_named}
        for table, named in tables.items():
            if missing := sorted(named - set(self.offers)):
                raise ValueError(f"{table} names offers that are not in [offers]: {', '.join(missing)}")
        fallback = self.offers.get(self.cancellation.fallback or "")
        if fallback is not None and fallback.kind in COSTLY:
            raise ValueError("cancellation.fallback must be an offer that costs nothing")
        return self

    @property
    def dunning_policy(self) -> DunningPolicy:
        """The policy that new cases begin under."""
        return self.dunning.model_copy(update={"provider": self.provider})


def load(path: Path | None) -> Configuration:
    """Read and check the file; without a path `reclaim.toml` here, if there is one."""
    if path is None:
        path = Path("reclaim.toml")
        if not path.exists():
            return Configuration()
    try:
        text = path.read_text("utf-8")
        values: dict[str, Any] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error
    if "provider" in values.get("dunning", {}):
        raise ConfigurationError(
            f"{path}: `provider` is a table of its own: [provider], not [dunning.provider]"
        )
    for table in ("cancellation", "winback"):
        if isinstance(values.get(table), dict) and "holdout_share" in values[table]:
            raise ConfigurationError(
                f"{path}:{_line_of(text, [table, 'holdout_share'])}: {table}.holdout_share: there is one hold-out"
                " for all experiments together: set holdout_share in [experiments]"
            )
    try:
        return Configuration.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_lines(path, text, error))) from error


def _lines(path: Path, text: str, error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors():
        keys = [str(part) for part in fault["loc"]]
        where = _line_of(text, keys)
        lines.append(f"{path}:{where}: {'.'.join(keys)}: {fault['msg']}")
    return lines


def _line_of(text: str, keys: list[str]) -> int:
    """The line of a key, found by its table's header and its name; 1 where it is not in the file."""
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            path = table
        elif name := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line):
            path = [*table, name[1]]
        else:
            continue
        if path == keys[: len(path)] and len(path) > depth:
            best, depth = number, len(path)
    return best
