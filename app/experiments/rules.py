"""Which arm a customer is in. Pure and sticky: the same customer always gets the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Experiment:
    """`arms` maps names to weights, which are shares of one after division by their sum."""

    name: str
    salt: str
    arms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Assignment:
    arm: str
    propensity: float


DUNNING = Experiment(name="dunning", salt="2026", arms={"treated": 1.0})


def assign(experiment: Experiment, customer_id: str) -> Assignment:
    """The customer's arm by a hash of salt, experiment and customer, and the chance it had."""
    digest = hashlib.sha256(f"{experiment.salt}|{experiment.name}|{customer_id}".encode()).digest()
    point = int.from_bytes(digest[:8]) % BUCKETS / BUCKETS
    total = sum(experiment.arms.values())
    edge = 0.0
    for arm, weight in experiment.arms.items():
        edge += weight / total
        if point < edge:
            return Assignment(arm, weight / total)
    arm, weight = list(experiment.arms.items())[-1]  # the edge fell short of one by rounding
    return Assignment(arm, weight / total)
