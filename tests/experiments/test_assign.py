from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import Database
from app.experiments.rules import Experiment, assign
from app.experiments.service import arms_of, enrol

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
THREE = Experiment("offer", "s1", {"hold_out": 1.0, "plain": 3.0, "discount": 6.0})


@given(st.text(max_size=30), st.dictionaries(st.text(min_size=1, max_size=5), st.floats(0.01, 9), min_size=1))
def test_a_customer_always_gets_the_same_arm_with_its_share_as_propensity(
    customer: str, arms: dict[str, float]
) -> None:
    experiment = Experiment("e", "salt", arms)
    given_arm = assign(experiment, customer)
    assert assign(experiment, customer) == given_arm
    assert given_arm.propensity == pytest.approx(arms[given_arm.arm] / sum(arms.values()))


def test_shares_follow_the_weights() -> None:
    counts = Counter(assign(THREE, f"cus_{n}").arm for n in range(20_000))
    for arm, share in (("hold_out", 0.1), ("plain", 0.3), ("discount", 0.6)):
        assert counts[arm] / 20_000 == pytest.approx(share, abs=0.012)


def test_another_salt_or_name_shuffles_independently() -> None:
    customers = [f"cus_{n}" for n in range(4000)]
    for other in (Experiment("offer", "s2", THREE.arms), Experiment("mail", "s1", THREE.arms)):
        same = sum(assign(THREE, c).arm == assign(other, c).arm for c in customers)
        assert same / 4000 == pytest.approx(0.1**2 + 0.3**2 + 0.6**2, abs=0.04)


def test_an_arm_without_weight_is_never_given() -> None:
    experiment = Experiment("e", "s", {"never": 0.0, "always": 2.0, "no": 0.0})
    customers = [f"cus_{n}" for n in range(60_000)]  # so many that every point of the scale is met
    assert {assign(experiment, customer).arm for customer in customers} == {"always"}


def test_an_enrolled_customer_keeps_the_arm_when_the_weights_change(database: Database) -> None:
    customers = [f"cus_{n}" for n in range(30)]
    with database.write() as session:
        first = {c: enrol(session, THREE, c, {}, now=NOW) for c in customers}
    changed = Experiment("offer", "s1", {"new": 1.0})
    with database.write() as session:
        known = arms_of(session, changed, [*customers, "cus_new"])
        assert {c: enrol(session, changed, c, known, now=NOW) for c in customers} == first
        assert enrol(session, changed, "cus_new", known, now=NOW).arm == "new"
