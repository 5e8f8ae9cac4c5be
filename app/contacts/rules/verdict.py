"""Whether somebody may be written to now: the order of reasons of docs/contacts.md, one function each. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.contacts.rules.caps import first_free
from app.contacts.rules.hours import next_open
from app.contacts.rules.policy import ContactPolicy
from app.contacts.rules.standing import Approach, Standing, SuppressionKnown
from app.contacts.states import Campaign, Flag, Purpose, SuppressionReason, SuppressionScope


class Ground(StrEnum):
    """Why not. Stable: tasks, reports and the API name it."""

    CONTACT_BAN = "contact_ban"  # do not contact, legal hold, deceased
    DELETED = "deleted"
    SUPPRESSED = "suppressed"
    CHANNEL = "channel"  # not by this way
    OWN_ACCOUNT = "own_account"  # staff and tests
    BY_HAND = "by_hand"  # VIP and excluded customers
    SILENCED = "silenced"  # a failed payment, a dispute or a complaint is open
    YIELDS = "yields"  # to a campaign that goes first
    TWICE = "twice"  # the same person under another customer of the provider
    NOT_READY = "not_ready"  # postal address or old suppressions are missing
    NO_CONSENT = "no_consent"
    CAPPED = "capped"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`."""

    until: datetime
    why: str
    ground: Ground


@dataclass(frozen=True, slots=True)
class Skip:
    """It never goes."""

    why: str
    ground: Ground


@dataclass(frozen=True, slots=True)
class Ask:
    """It never goes by itself, and a person is told. `bounce`: the address is dead since this one."""

    why: str
    ground: Ground
    bounce: SuppressionKnown | None = None


ASK_AGAIN = timedelta(days=1)

Verdict = Go | Wait | Skip | Ask
Reason = Callable[[Approach, Standing, ContactPolicy, datetime], Verdict | None]


def verdict(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict:
    """The first reason that applies, in the order of `REASONS`; Go where none does."""
    for reason in REASONS:
        found = reason(approach, standing, policy, now)
        if found is not None:
            return found
    return Go()


def _banned(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    words = {
        Flag.DO_NOT_CONTACT: "the customer must not be contacted",
        Flag.LEGAL_HOLD: "the customer is under a legal hold",
        Flag.DECEASED: "the customer has died",
    }
    for flag, why in words.items():
        if flag in standing.flags:
            return Ask(why, Ground.CONTACT_BAN)
    return Skip("the customer has been deleted", Ground.DELETED) if standing.deleted else None


def _suppressed(
    approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime
) -> Verdict | None:
    for known in standing.suppressions:
        if known.scope == SuppressionScope.ALL and known.stands(now):
            if known.reason == SuppressionReason.HARD_BOUNCE:
                return Ask("the address does not exist (a mail to it bounced)", Ground.SUPPRESSED, known)
            return Skip(f"nothing may go to the address ({known.reason}, {known.source})", Ground.SUPPRESSED)
    if approach.channel not in standing.closed_channels:
        return None
    why = f"the customer does not want to be reached by {approach.channel}"
    # What must be said is then said by another way.
    return (Ask if approach.purpose == Purpose.NOTICE else Skip)(why, Ground.CHANNEL)


def _demanded(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    return Go() if approach.purpose in (Purpose.NOTICE, Purpose.CONFIRMATION) else None


def _by_hand(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    if standing.flags & {Flag.STAFF, Flag.TEST}:
        return Skip("it is an account of the merchant's own", Ground.OWN_ACCOUNT)
    if Flag.VIP in standing.flags:
        return Ask("the customer is a VIP: a person writes", Ground.BY_HAND)
    if Flag.EXCLUDED in standing.flags:
        return Ask("the customer is excluded from campaigns: a person decides", Ground.BY_HAND)
    return None


def _silenced(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    if approach.campaign in (Campaign.DUNNING, None):
        return None
    if Campaign.DUNNING in standing.open_campaigns:
        return Skip("a failed payment is being followed up", Ground.SILENCED)
    if standing.disputing:
        return Skip("a payment is disputed", Ground.SILENCED)
    if Flag.COMPLAINT in standing.flags:
        return Skip("a complaint is open", Ground.SILENCED)
    if any(s.reason == SuppressionReason.COMPLAINT and s.stands(now) for s in standing.suppressions):
        return Skip("the customer has called our mail spam", Ground.SILENCED)
    return None


def _yields(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    if approach.campaign is None:
        return None
    first = min((c for c in standing.open_campaigns), key=lambda c: c.rank, default=approach.campaign)
    if first.rank < approach.campaign.rank:
        return Skip(f"the campaign {first} wants the same person and goes first", Ground.YIELDS)
    if approach.purpose == Purpose.MARKETING and approach.campaign in standing.as_another:
        return Skip("the same person had this campaign as another customer", Ground.TWICE)
    return None


def _marketing(
    approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime
) -> Verdict | None:
    if approach.purpose != Purpose.MARKETING:
        return None
    barred = {SuppressionScope.MARKETING}
    if approach.campaign == Campaign.WINBACK:
        barred.add(SuppressionScope.WINBACK)
    for known in standing.suppressions:
        if known.scope in barred and known.stands(now):
            return Skip(f"no {known.scope} mail ({known.reason}, {known.source})", Ground.SUPPRESSED)
    if standing.place.country not in policy.opt_out_countries and not _consented(standing, policy, now):
        where = standing.place.country or "an unknown country"
        return Skip(f"there is no valid consent, which {where} asks for", Ground.NO_CONSENT)
    if not standing.house.postal_address:
        return _not_ready(
            approach, standing, policy, now, "no postal address is set (RECLAIM_POSTAL_ADDRESS)"
        )
    if not standing.house.suppressions_known:
        why = "old suppressions were neither imported nor declared to be none"
        return _not_ready(approach, standing, policy, now, why)
    return None


def _not_ready(
    approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime, why: str
) -> Verdict:
    """It is the merchant's to mend, so it is asked again day by day, for as long as the mail is of use."""
    last = (approach.wanted_at or now) + timedelta(days=policy.not_ready_days)
    until = _open(approach, standing, policy, now + ASK_AGAIN)
    if until > last:
        return Skip(f"{why}, for {policy.not_ready_days} days", Ground.NOT_READY)
    return Wait(until, why, Ground.NOT_READY)


def _consented(standing: Standing, policy: ContactPolicy, now: datetime) -> bool:
    oldest = now - timedelta(days=policy.consent_max_age_days)
    return any(c.withdrawn_at is None and c.given_at >= oldest for c in standing.consents)


def _capped(approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime) -> Verdict | None:
    if approach.episode_contacts >= policy.per_episode and approach.latest is None:
        return Skip(f"{policy.per_episode} mails of one case are enough", Ground.CAPPED)
    marketing = approach.purpose == Purpose.MARKETING
    made = (*standing.contacts, *standing.twin_contacts) if marketing else standing.contacts
    free = first_free(made, now, policy.caps)
    if free <= now or (approach.latest is not None and free > approach.latest):
        return None
    why = f"one mail in {policy.spacing_hours} h and {policy.per_week} in 7 days are enough"
    return Wait(_open(approach, standing, policy, free), why, Ground.CAPPED)


def _too_early(
    approach: Approach, standing: Standing, policy: ContactPolicy, now: datetime
) -> Verdict | None:
    open_at = _open(approach, standing, policy, now)
    if not approach.ask_hours or open_at - now <= timedelta(minutes=1):
        return None
    return Wait(open_at, "it is outside the sending hours where the customer lives", Ground.HOURS)


def _open(approach: Approach, standing: Standing, policy: ContactPolicy, at: datetime) -> datetime:
    hours = approach.hours or policy.hours(approach.purpose)
    return next_open(at, standing.place.zone.info, hours)


REASONS: tuple[Reason, ...] = (
    _banned,
    _suppressed,
    _demanded,
    _by_hand,
    _silenced,
    _yields,
    _marketing,
    _capped,
    _too_early,
)
