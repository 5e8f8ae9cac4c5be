"""The order of reasons, one rule at a time. Edge cases 37, 52, 54 of dunning; 40, 42, 52 of win-back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.place import Language, Place, Zone
from app.contacts.rules.policy import ContactPolicy
from app.contacts.rules.standing import Approach, ConsentKnown, House, Standing, SuppressionKnown
from app.contacts.rules.verdict import Ask, Go, Ground, Skip, Verdict, Wait, verdict
from app.contacts.states import (
    Campaign,
    Channel,
    ConsentBasis,
    Flag,
    Purpose,
    SuppressionReason,
    SuppressionScope,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)  # a Wednesday
POLICY = ContactPolicy()
READY = House(postal_address=True, suppressions_known=True)
GERMANY = Place(Zone("Europe/Berlin", "provider"), Language("de", "provider"), "DE")
AMERICA = Place(Zone("America/New_York", "provider"), Language("en", "provider"), "US")
CONSENT = ConsentKnown(ConsentBasis.CONSENT, "checkout", "cs_1", NOW - timedelta(days=30))
WELL = Standing("cus_1", READY, place=GERMANY, consents=(CONSENT,))

REMINDER = Approach(Campaign.DUNNING, Purpose.SERVICE)
CARD = Approach(Campaign.EXPIRING_CARD, Purpose.SERVICE)
WINBACK = Approach(Campaign.WINBACK, Purpose.MARKETING)
SURVEY = Approach(Campaign.SURVEY, Purpose.MARKETING)
NOTICE = Approach(Campaign.DUNNING, Purpose.NOTICE)
RECEIPT = Approach(None, Purpose.CONFIRMATION)
ALL = (REMINDER, CARD, WINBACK, SURVEY, NOTICE, RECEIPT)


def known(
    scope: SuppressionScope = SuppressionScope.MARKETING,
    reason: SuppressionReason = SuppressionReason.UNSUBSCRIBE,
    expires_at: datetime | None = None,
) -> SuppressionKnown:
    return SuppressionKnown(1, scope, reason, "customer", NOW - timedelta(days=9), expires_at)


def judged(approach: Approach, standing: Standing, now: datetime = NOW) -> Verdict:
    return verdict(approach, standing, POLICY, now)


def ground(approach: Approach, standing: Standing) -> Ground | None:
    found = judged(approach, standing)
    return None if isinstance(found, Go) else found.ground


@pytest.mark.parametrize("approach", ALL)
def test_who_is_in_good_standing_may_be_written_to(approach: Approach) -> None:
    assert judged(approach, WELL) == Go()


@pytest.mark.parametrize("flag", [Flag.DO_NOT_CONTACT, Flag.LEGAL_HOLD, Flag.DECEASED])
@pytest.mark.parametrize("approach", ALL)
def test_a_ban_wins_over_everything_and_a_person_is_told(flag: Flag, approach: Approach) -> None:
    found = judged(approach, replace(WELL, flags=frozenset({flag, Flag.VIP})))
    assert isinstance(found, Ask)
    assert found.ground == Ground.CONTACT_BAN


@pytest.mark.parametrize("approach", ALL)
def test_a_deleted_customer_gets_nothing_and_nobody_is_asked(approach: Approach) -> None:
    assert isinstance(judged(approach, replace(WELL, deleted=True)), Skip)


@pytest.mark.parametrize("approach", ALL)
def test_a_dead_address_gets_nothing_and_a_person_is_told(approach: Approach) -> None:
    """Edge case 52."""
    bounce = known(SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE)
    assert judged(approach, replace(WELL, suppressions=(bounce,))) == Ask(
        "the address does not exist (a mail to it bounced)", Ground.SUPPRESSED, bounce
    )


def test_a_soft_bounce_closes_the_address_until_it_expires() -> None:
    until = NOW + timedelta(days=1)
    soft = known(SuppressionScope.ALL, SuppressionReason.SOFT_BOUNCE, until)
    standing = replace(WELL, suppressions=(soft,))
    assert isinstance(judged(REMINDER, standing), Skip)
    assert judged(REMINDER, standing, until) == Go()


def test_a_lifted_suppression_is_history() -> None:
    lifted = replace(known(), lifted_at=NOW - timedelta(days=1))
    assert judged(WINBACK, replace(WELL, suppressions=(lifted,))) == Go()


def test_by_a_way_that_the_customer_has_closed_only_a_person_goes_on_with_a_notice() -> None:
    standing = replace(WELL, closed_channels=frozenset({Channel.MAIL}))
    assert isinstance(judged(REMINDER, standing), Skip)
    assert isinstance(judged(NOTICE, standing), Ask)
    assert judged(replace(REMINDER, channel=Channel.CALL), standing) == Go()


def test_notices_and_confirmations_stand_outside_caps_hours_lists_and_marketing_suppression() -> None:
    busy = tuple(NOW - timedelta(hours=h) for h in (1, 2, 3))
    standing = replace(
        WELL, flags=frozenset({Flag.VIP}), suppressions=(known(),), contacts=busy, disputing=True, consents=()
    )
    night = datetime(2026, 3, 8, 2, tzinfo=UTC)
    assert judged(NOTICE, standing, night) == judged(RECEIPT, standing, night) == Go()


@pytest.mark.parametrize("flag", [Flag.VIP, Flag.EXCLUDED])
def test_vips_and_excluded_customers_go_to_a_persons_list(flag: Flag) -> None:
    """Edge case 54."""
    standing = replace(WELL, flags=frozenset({flag}))
    assert [ground(a, standing) for a in (REMINDER, CARD, WINBACK)] == [Ground.BY_HAND] * 3
    assert isinstance(judged(REMINDER, standing), Ask)


def test_the_merchants_own_accounts_are_passed_over_in_silence() -> None:
    assert isinstance(judged(REMINDER, replace(WELL, flags=frozenset({Flag.TEST, Flag.VIP}))), Skip)


@pytest.mark.parametrize(
    "trouble",
    [
        {"open_campaigns": frozenset({Campaign.DUNNING})},
        {"disputing": True},
        {"flags": frozenset({Flag.COMPLAINT})},
        {"suppressions": (known(reason=SuppressionReason.COMPLAINT),)},
    ],
)
def test_trouble_silences_everything_below_dunning(trouble: dict[str, object]) -> None:
    standing = replace(WELL, **trouble)  # type: ignore[arg-type]
    assert [ground(a, standing) for a in (CARD, WINBACK, SURVEY)] == [Ground.SILENCED] * 3
    assert judged(REMINDER, standing) == Go()


@given(st.sampled_from(Campaign), st.sampled_from(Campaign))
def test_of_two_campaigns_the_later_in_order_is_skipped_and_never_the_first(a: Campaign, b: Campaign) -> None:
    for mine, other in ((a, b), (b, a)):
        standing = replace(WELL, open_campaigns=frozenset({mine, other}))
        found = judged(Approach(mine, Purpose.SERVICE), standing)
        assert isinstance(found, Skip) is (other.rank < mine.rank)


def test_one_address_gets_a_marketing_campaign_once_however_many_customers_share_it() -> None:
    """Edge case 42 of win-back: a second debt is told of all the same."""
    standing = replace(WELL, as_another=frozenset({Campaign.WINBACK, Campaign.DUNNING}))
    assert ground(WINBACK, standing) == Ground.TWICE
    assert judged(SURVEY, standing) == judged(REMINDER, standing) == Go()


def test_marketing_asks_the_suppressions_of_marketing_and_winback_asks_its_own_too() -> None:
    """Edge case 40 of win-back."""
    no_marketing = replace(WELL, suppressions=(known(),))
    no_winback = replace(WELL, suppressions=(known(SuppressionScope.WINBACK),))
    assert ground(SURVEY, no_marketing) == ground(WINBACK, no_marketing) == Ground.SUPPRESSED
    assert ground(WINBACK, no_winback) == Ground.SUPPRESSED
    assert judged(SURVEY, no_winback) == judged(REMINDER, no_marketing) == Go()


def test_consent_is_asked_for_where_the_law_asks_and_where_nobody_knows() -> None:
    none = replace(WELL, consents=())
    assert ground(WINBACK, none) == Ground.NO_CONSENT
    assert ground(WINBACK, replace(none, place=replace(GERMANY, country=None))) == Ground.NO_CONSENT
    assert judged(WINBACK, replace(none, place=AMERICA), NOW + timedelta(hours=5)) == Go()
    assert judged(REMINDER, none) == Go()


@pytest.mark.parametrize(
    "consent",
    [replace(CONSENT, withdrawn_at=NOW), replace(CONSENT, given_at=NOW - timedelta(days=731))],
)
def test_a_withdrawn_or_an_old_consent_is_none(consent: ConsentKnown) -> None:
    assert ground(WINBACK, replace(WELL, consents=(consent,))) == Ground.NO_CONSENT


@pytest.mark.parametrize("house", [House(True, False), House(False, True)])
def test_no_marketing_leaves_without_a_postal_address_or_before_old_suppressions_are_known(
    house: House,
) -> None:
    assert ground(WINBACK, replace(WELL, house=house)) == Ground.NOT_READY
    assert judged(REMINDER, replace(WELL, house=house)) == Go()


@pytest.mark.parametrize("house", [House(True, False), House(False, True)])
def test_what_the_merchant_has_still_to_set_is_asked_for_daily_and_not_for_ever(house: House) -> None:
    """On Friday it waits until Monday; two weeks after its day it is of no use any more."""
    standing = replace(WELL, house=house)
    waits = judged(WINBACK, standing)
    assert isinstance(waits, Wait)
    assert waits.until == NOW + timedelta(days=1)
    friday = NOW + timedelta(days=2)
    later = verdict(WINBACK, standing, POLICY, friday)
    assert isinstance(later, Wait)
    assert later.until.weekday() == 0
    wanted = replace(WINBACK, wanted_at=NOW)
    assert isinstance(verdict(wanted, standing, POLICY, NOW + timedelta(days=12)), Wait)
    over = verdict(wanted, standing, POLICY, NOW + timedelta(days=14))
    assert isinstance(over, Skip)
    assert over.why.endswith(", for 14 days")
    assert verdict(wanted, WELL, POLICY, NOW + timedelta(days=14)) == Go()


def test_a_fourth_mail_in_seven_days_waits_until_the_first_is_a_week_old() -> None:
    """Edge case 52 of win-back: the cap holds over all campaigns."""
    first = NOW - timedelta(days=6)
    standing = replace(WELL, contacts=(first, NOW - timedelta(days=4), NOW - timedelta(days=2)))
    found = judged(REMINDER, standing)
    assert isinstance(found, Wait)
    assert found.until == first + timedelta(days=7)


def test_a_mail_within_twenty_hours_waits_and_then_for_the_sending_hours() -> None:
    found = judged(REMINDER, replace(WELL, contacts=(NOW,)))  # free at 06:00, open at 09:00 in Berlin
    assert found == Wait(datetime(2026, 3, 5, 8, tzinfo=UTC), found.why, Ground.CAPPED)  # type: ignore[union-attr]


def test_a_capped_marketing_mail_moves_over_the_weekend() -> None:
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    found = judged(WINBACK, replace(WELL, contacts=(friday - timedelta(hours=1),)), friday)
    assert isinstance(found, Wait)
    assert found.until == datetime(2026, 3, 9, 8, tzinfo=UTC)


def test_a_friday_evening_step_moves_to_monday_morning_if_it_is_marketing() -> None:
    """Edge case 37."""
    friday = datetime(2026, 3, 6, 17, tzinfo=UTC)
    assert judged(WINBACK, WELL, friday).until == datetime(2026, 3, 9, 8, tzinfo=UTC)  # type: ignore[union-attr]
    assert judged(REMINDER, WELL, friday).until == datetime(2026, 3, 7, 8, tzinfo=UTC)  # type: ignore[union-attr]


def test_a_seventh_mail_of_one_case_is_not_sent() -> None:
    assert judged(replace(REMINDER, episode_contacts=5), WELL) == Go()
    assert isinstance(judged(replace(REMINDER, episode_contacts=6), WELL), Skip)


def test_the_caps_hold_nothing_back_beyond_the_instant_at_which_it_is_of_use() -> None:
    busy = replace(WELL, contacts=tuple(NOW - timedelta(days=d) for d in (1, 2, 3)))
    assert judged(replace(REMINDER, latest=NOW, episode_contacts=6), busy) == Go()
    assert isinstance(judged(replace(REMINDER, latest=NOW + timedelta(days=9)), busy), Wait)


def test_a_mail_decided_just_now_is_not_asked_for_its_hours_again() -> None:
    late = datetime(2026, 3, 4, 17, 0, 30, tzinfo=UTC)
    assert isinstance(judged(REMINDER, WELL, late), Wait)
    assert judged(replace(REMINDER, ask_hours=False), WELL, late) == Go()


def test_nothing_can_be_sent_as_a_text_message() -> None:
    """Edge case 38: there is no such channel, so its consents, hours and STOP words are nobody's to forget."""
    assert set(Channel) == {Channel.MAIL, Channel.CALL, Channel.POST}
