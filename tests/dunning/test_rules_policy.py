from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.contacts.rules import SendingHours
from app.dunning.rules.policy import DunningPolicy


@pytest.mark.parametrize("days", [[3, 1], [1, 1], [-1, 2], [0.5], list(range(13))])
def test_days_that_cannot_be_meant_are_refused(days: list[Any]) -> None:
    with pytest.raises(ValidationError):
        DunningPolicy.model_validate({"schedules": {"hard": days}})


@pytest.mark.parametrize(
    "values",
    [
        {"send_from": "18:00", "send_until": "09:00"},
        {"send_from": "09:00", "send_until": "09:00"},
        {"warn_days": 15},
        {"spacing_hours": -1},
        {"late_hours": 0},
        {"give_up_days": 0},
        {"unheard_of": 1},
        {"provider": {"retry_window_days": 0}},
        {"provider": {"end_action": "forget"}},
        {"schedules": {"hardest": [1]}},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DunningPolicy.model_validate(values)


def test_a_stored_policy_reads_back_the_same() -> None:
    policy = DunningPolicy.model_validate({"schedules": {"hard": []}, "send_from": "08:30", "warn_days": 0})
    assert DunningPolicy.model_validate(policy.model_dump(mode="json")) == policy


def test_the_hours_are_nine_to_six_unless_told() -> None:
    assert DunningPolicy().hours == SendingHours()
