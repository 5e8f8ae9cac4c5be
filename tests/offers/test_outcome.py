"""Kept or left: dated by the first full-price charge, pending inside the benefit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.offers.rules.outcome import MILESTONES, Course, Outcome, Payment, stand
from tests.offers.factories import at

APPLIED = at("2026-03-10T10:00:00")
FULL = at("2026-05-01T10:00:00")
PAID = FULL + timedelta(hours=1)
FREE_RENEWAL = Payment(at("2026-04-01T10:00:00"), at("2026-04-01T11:00:00"), 0)
PAYMENT = Payment(FULL, PAID, 2900)
RUNNING = Course(
    applied_at=APPLIED, full_charge_at=FULL, announced=True, left_at=None, payments=[FREE_RENEWAL]
)
CHARGED = replace(RUNNING, payments=[FREE_RENEWAL, PAYMENT])
KEPT, LEFT = Outcome.KEPT, Outcome.LEFT


def outcomes(course: Course, now: datetime) -> list[Outcome | None]:
    found = stand(course, now=now).outcomes
    return [found.get(days) for days in MILESTONES]


def test_inside_the_benefit_nothing_is_said_and_a_free_renewal_is_no_payment() -> None:
    """Edge case 55."""
    for now in (APPLIED, at("2026-04-20T10:00:00"), FULL):
        standing = stand(RUNNING, now=now)
        assert (standing.outcomes, standing.final, standing.full_paid_at) == ({}, None, None)
    late = stand(RUNNING, now=FULL + timedelta(days=200))
    assert late.outcomes == {}, "the full price was never paid: nobody has been kept"


def test_kept_is_said_on_the_day_and_not_an_hour_before() -> None:
    """Edge case 55."""
    for number, days in enumerate(MILESTONES):
        due = PAID + timedelta(days=days)
        assert outcomes(CHARGED, due - timedelta(hours=1))[number] is None
        assert outcomes(CHARGED, due)[number] is KEPT
    assert stand(CHARGED, now=PAID + timedelta(days=90)).final is KEPT
    assert stand(CHARGED, now=PAID + timedelta(days=90)).look_at is None


def test_who_leaves_is_left_for_every_milestone_that_was_still_to_come() -> None:
    gone = replace(CHARGED, left_at=PAID + timedelta(days=45))
    assert outcomes(gone, PAID + timedelta(days=46)) == [KEPT, LEFT, LEFT]
    assert stand(gone, now=PAID + timedelta(days=46)).final is LEFT
    assert outcomes(gone, PAID + timedelta(days=44)) == [KEPT, None, None], "an end to come has not come"
    early = replace(RUNNING, left_at=at("2026-04-15T10:00:00"))
    assert outcomes(early, at("2026-04-16T10:00:00")) == [LEFT, LEFT, LEFT]


def test_the_end_is_announced_once_between_21_and_7_days_before_the_full_price() -> None:
    """Edge case 19."""
    silent = replace(RUNNING, announced=False)
    assert not stand(silent, now=FULL - timedelta(days=22)).announce
    first = stand(silent, now=APPLIED).look_at
    assert first is not None
    assert timedelta(days=7) <= FULL - first <= timedelta(days=21)
    assert stand(silent, now=first).announce
    assert not stand(RUNNING, now=first).announce
    assert not stand(replace(silent, left_at=FULL), now=first).announce, "they leave before it is charged"
    assert stand(replace(silent, left_at=FULL + timedelta(days=1)), now=first).announce
    assert not stand(silent, now=FULL).announce


def test_what_was_paid_counts_from_the_day_it_was_applied() -> None:
    """Edge case 56."""
    before = Payment(at("2026-03-01T10:00:00"), at("2026-03-01T11:00:00"), 2900)
    assert stand(replace(CHARGED, payments=[before, *CHARGED.payments]), now=PAID).paid_minor == 2900


HOURS = st.integers(-24 * 60, 24 * 200)


@given(HOURS, st.none() | HOURS, st.booleans(), st.lists(HOURS, max_size=4))
def test_there_is_a_next_look_until_it_is_final_and_nothing_that_was_said_changes(
    now: int, left: int | None, announced: bool, paid: list[int]
) -> None:
    moments = [FULL + timedelta(hours=h) for h in paid]
    course = Course(
        applied_at=APPLIED,
        full_charge_at=FULL,
        announced=announced,
        left_at=FULL + timedelta(hours=left) if left is not None else None,
        payments=[Payment(m, m + timedelta(hours=1), 2900) for m in moments],
    )
    when = FULL + timedelta(hours=now)
    standing = stand(course, now=when)
    assert (standing.look_at is None) == (standing.final is not None)
    assert standing.look_at is None or standing.look_at > when
    later = stand(course, now=when + timedelta(days=30))
    if course.left_at is None or course.left_at <= when:
        assert standing.outcomes.items() <= later.outcomes.items()
