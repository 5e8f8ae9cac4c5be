from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.billing.states import SubscriptionState
from app.dunning.rules.access import Access, AccessState, access_of, best
from app.dunning.rules.policy import DunningPolicy, EndAction, ProviderBehaviour

NOW = datetime(2026, 6, 10, tzinfo=UTC)
FAILED = NOW - timedelta(days=4)


def access(status: str, failed: datetime | None = FAILED, **behaviour: object) -> Access:
    policy = DunningPolicy(provider=ProviderBehaviour(**behaviour))
    return access_of(SubscriptionState("sub_1", NOW, False, status=status), failed, policy, now=NOW)


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_a_live_subscription_gives_access(status: str) -> None:
    assert access(status).state == AccessState.OK


def test_a_late_payment_gives_grace_until_the_provider_gives_up() -> None:
    assert access("past_due") == Access(
        AccessState.GRACE, "a payment is late, and access goes on meanwhile", FAILED + timedelta(days=14)
    )


def test_grace_without_an_end_where_the_provider_never_ends_it() -> None:
    assert access("past_due", end_action=EndAction.PAST_DUE).until is None


def test_a_date_that_has_passed_is_not_told_as_an_end() -> None:
    late = access("past_due", NOW - timedelta(days=40))
    assert (late.state, late.until) == (AccessState.GRACE, None)


def test_access_stops_at_once_where_the_merchant_says_so() -> None:
    assert access("past_due", access_while_past_due=False).state == AccessState.RESTRICTED


@pytest.mark.parametrize("status", ["unpaid", "canceled", "incomplete", "incomplete_expired", "paused", ""])
def test_every_other_status_is_restricted(status: str) -> None:
    assert access(status).state == AccessState.RESTRICTED


def test_the_best_subscription_decides_for_the_customer() -> None:
    found = [access("canceled"), access("past_due"), access("active")]
    assert best(found) == found[2]
    assert best([]) is None
