"""Who is invited back, and the sentence for everybody who is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.place import Language, Place, Zone
from app.contacts.rules.policy import ContactPolicy
from app.contacts.rules.standing import ConsentKnown, House, Standing, SuppressionKnown
from app.contacts.states import Campaign, ConsentBasis, Flag, SuppressionReason, SuppressionScope
from app.winback.rules.enrolment import Lapsed, Left, Sequence, left_out
from app.winback.rules.policy import WinbackPolicy
from app.winback.states import LapseKind, LeftOut

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
POLICY, CONTACTS = WinbackPolicy(enabled=True), ContactPolicy()


def place(country: str | None) -> Place:
    return Place(Zone("UTC", "default"), Language("en", "default"), country)


ADA = Standing("cus_1", House(True, True), place=place("US"))


def lapsed(**more: Any) -> Lapsed:
    """Somebody who may be invited: left a month ago, had paid, lives in the United States."""
    values: dict[str, Any] = {
        "kind": LapseKind.VOLUNTARY,
        "ends_at": NOW - timedelta(days=30),
        "received_minor": 2900,
        "standing": ADA,
    }
    return Lapsed(**(values | more))


def why_not(who: Lapsed) -> LeftOut | None:
    found = left_out(who, POLICY, CONTACTS, NOW)
    return found.reason if found else None


def test_who_left_and_may_be_written_to_is_invited() -> None:
    assert left_out(lapsed(), POLICY, CONTACTS, NOW) is None


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (Flag.LEGAL_HOLD, LeftOut.CONTACT_BAN),
        (Flag.DECEASED, LeftOut.CONTACT_BAN),
        (Flag.DO_NOT_CONTACT, LeftOut.CONTACT_BAN),
        (Flag.STAFF, LeftOut.OWN_ACCOUNT),
        (Flag.TEST, LeftOut.OWN_ACCOUNT),
        (Flag.VIP, LeftOut.BY_HAND),
        (Flag.EXCLUDED, LeftOut.BY_HAND),
        (Flag.COMPLAINT, LeftOut.COMPLAINT),
    ],
)
def test_a_flag_of_the_merchants_keeps_somebody_out(flag: Flag, reason: LeftOut) -> None:
    """Edge case 39."""
    assert why_not(lapsed(standing=replace(ADA, flags=frozenset({flag})))) is reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"cancellation_reason": "payment_disputed"}, LeftOut.DISPUTED),
        ({"disputed": True}, LeftOut.DISPUTED),
        ({"fraud": True}, LeftOut.FRAUD),
        ({"refunded": True}, LeftOut.REFUNDED),
        ({"known": False}, LeftOut.DELETED),
        ({"runs_elsewhere": True}, LeftOut.ACTIVE),
        ({"received_minor": 0}, LeftOut.NEVER_PAID),
        ({"has_address": False}, LeftOut.NO_ADDRESS),
        ({"ends_at": NOW - timedelta(days=181)}, LeftOut.TOO_OLD),
    ],
)
def test_what_happened_with_the_money_keeps_somebody_out(more: dict[str, Any], reason: LeftOut) -> None:
    """Edge cases 39, 43."""
    assert why_not(lapsed(**more)) is reason


def test_of_a_subscription_that_began_before_we_watched_nobody_says_that_it_never_paid() -> None:
    assert why_not(lapsed(received_minor=0, seen_whole=False)) is None


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        (SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE),
        (SuppressionScope.MARKETING, SuppressionReason.UNSUBSCRIBE),
        (SuppressionScope.WINBACK, SuppressionReason.OBJECTION),
    ],
)
def test_a_suppressed_address_is_left_out(scope: SuppressionScope, reason: SuppressionReason) -> None:
    """Edge case 40."""
    known = SuppressionKnown(1, scope, reason, "test", NOW)
    assert why_not(lapsed(standing=replace(ADA, suppressions=(known,)))) is LeftOut.SUPPRESSED


@pytest.mark.parametrize("country", ["DE", "FR", "GB", "IE", None])
def test_where_the_place_demands_it_nobody_is_invited_without_proof(country: str | None) -> None:
    """Edge case 45."""
    standing = replace(ADA, place=place(country))
    assert why_not(lapsed(standing=standing)) is LeftOut.NO_CONSENT
    proof = ConsentKnown(ConsentBasis.SOFT_OPT_IN, "sign-up", "entry 4711", NOW - timedelta(days=100))
    assert why_not(lapsed(standing=replace(standing, consents=(proof,)))) is None


def test_nobody_is_enrolled_before_the_merchant_is_ready() -> None:
    found = left_out(lapsed(standing=replace(ADA, house=House())), POLICY, CONTACTS, NOW)
    assert found is not None
    assert (found.reason, found.again) == (LeftOut.NOT_READY, True)


def test_a_late_payment_that_is_followed_up_goes_first() -> None:
    standing = replace(ADA, open_campaigns=frozenset({Campaign.DUNNING}))
    assert why_not(lapsed(standing=standing)) is LeftOut.LATE_PAYMENT


@pytest.mark.parametrize(
    ("earlier", "reason"),
    [
        (Sequence(NOW - timedelta(days=5), twin=True, open=True, returned=False), LeftOut.TWIN),
        (Sequence(NOW - timedelta(days=200), twin=True, open=False, returned=False), LeftOut.TWIN),
        (Sequence(NOW - timedelta(days=200), twin=False, open=False, returned=False), LeftOut.HAD_ONE),
        (Sequence(NOW - timedelta(days=200), twin=False, open=False, returned=True), None),
        (Sequence(NOW - timedelta(days=400), twin=False, open=False, returned=False), None),
        (Sequence(NOW - timedelta(days=400), twin=True, open=True, returned=False), LeftOut.TWIN),
        (
            Sequence(NOW - timedelta(days=400), twin=False, open=False, returned=False, declined=True),
            LeftOut.DECLINED,
        ),
    ],
)
def test_one_person_has_one_sequence(earlier: Sequence, reason: LeftOut | None) -> None:
    """Edge case 42; who came back and left again may be invited again."""
    assert why_not(lapsed(sequences=(earlier,))) is reason


flags = st.frozensets(st.sampled_from(Flag))
anybody = st.builds(
    Lapsed,
    kind=st.sampled_from(LapseKind),
    ends_at=st.integers(-40, 2000).map(lambda d: NOW - timedelta(days=d)),
    received_minor=st.integers(-100, 100_000),
    known=st.booleans(),
    has_address=st.booleans(),
    disputed=st.booleans(),
    fraud=st.booleans(),
    refunded=st.booleans(),
    runs_elsewhere=st.booleans(),
    standing=st.one_of(st.none(), st.builds(replace, st.just(ADA), flags=flags)),
)


@given(anybody)
def test_everybody_is_invited_or_left_out_with_a_sentence(who: Lapsed) -> None:
    """Total; and whoever money was fought over with is never invited, whatever else is true of them."""
    found = left_out(who, POLICY, CONTACTS, NOW)
    assert found is None or (isinstance(found, Left) and found.why)
    if who.disputed or who.fraud or who.refunded or not who.known or who.runs_elsewhere:
        assert found is not None
