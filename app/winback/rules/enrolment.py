"""Who is invited back. A total function: every lapse is enrolled, or left out with a reason. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.contacts.rules.policy import ContactPolicy
from app.contacts.rules.standing import Approach, Standing
from app.contacts.rules.verdict import Ask as AskInstead
from app.contacts.rules.verdict import Ground, Wait, verdict
from app.contacts.rules.verdict import Skip as Never
from app.contacts.states import Campaign, Flag, Purpose
from app.winback.rules.policy import WinbackPolicy
from app.winback.states import LapseKind, LeftOut

INVITING = Approach(Campaign.WINBACK, Purpose.MARKETING, ask_hours=False)

FOR_GOOD = frozenset(
    {
        LeftOut.DELETED,
        LeftOut.DISPUTED,
        LeftOut.FRAUD,
        LeftOut.REFUNDED,
        LeftOut.NEVER_PAID,
        LeftOut.TOO_OLD,
        LeftOut.DECLINED,
    }
)
"""Not looked at again. Any other reason may pass, and is asked daily until the lapse is too old."""

WORDS: dict[LeftOut, str] = {
    LeftOut.DELETED: "the customer was deleted or erased",
    LeftOut.CONTACT_BAN: "the customer must not be contacted, is under a legal hold, or has died",
    LeftOut.DISPUTED: "a payment is or was disputed",
    LeftOut.FRAUD: "a payment was refused as fraudulent",
    LeftOut.REFUNDED: "the last payment was given back in full",
    LeftOut.OWN_ACCOUNT: "it is an account of the merchant's own",
    LeftOut.BY_HAND: "a person writes to this customer, not we",
    LeftOut.COMPLAINT: "a complaint is open, or our mail was called spam",
    LeftOut.ACTIVE: "another subscription of the same person runs",
    LeftOut.NEVER_PAID: "nothing was ever received from this subscription",
    LeftOut.DECLINED: "they have said that they are not interested",
    LeftOut.TWIN: "the same person has been invited as another customer",
    LeftOut.LATE_PAYMENT: "a late payment is still being followed up",
    LeftOut.NO_ADDRESS: "no mail address is known",
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """An earlier sequence of the same person. `twin`: under another customer; `open`: still going on."""

    began_at: datetime
    twin: bool
    open: bool
    returned: bool
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A lapse and all that decides about it. `seen_whole`: it began when we watched already, or never left its trial:
    what was received from it is all that ever was."""

    kind: LapseKind
    ends_at: datetime
    received_minor: int
    seen_whole: bool = True
    known: bool = True  # there is a customer, and they are not deleted
    has_address: bool = True
    cancellation_reason: str | None = None
    disputed: bool = False  # now or ever
    fraud: bool = False
    refunded: bool = False
    runs_elsewhere: bool = False
    sequences: tuple[Sequence, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Left out; `again`: it is looked at again."""

    reason: LeftOut
    why: str

    @property
    def again(self) -> bool:
        return self.reason not in FOR_GOOD


Rule = Callable[[Lapsed, WinbackPolicy, datetime], "Left | None"]


def left_out(who: Lapsed, policy: WinbackPolicy, contacts: ContactPolicy, now: datetime) -> Left | None:
    """The first reason against inviting them, in the order of `RULES` and then of the rules of contact; None: none."""
    for rule in RULES:
        found = rule(who, policy, now)
        if found is not None:
            return found
    return _by_contact(who, contacts, now)


def _because(reason: LeftOut) -> Left:
    return Left(reason, WORDS[reason])


def _gone(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    return None if who.known else _because(LeftOut.DELETED)


def _banned(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    flags = who.standing.flags if who.standing else frozenset()
    if flags & {Flag.DO_NOT_CONTACT, Flag.LEGAL_HOLD, Flag.DECEASED}:
        return _because(LeftOut.CONTACT_BAN)
    return None


def _for_cause(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    """Money that was fought over is no ground to write on."""
    if who.disputed or who.cancellation_reason == "payment_disputed":
        return _because(LeftOut.DISPUTED)
    if who.fraud:
        return _because(LeftOut.FRAUD)
    return _because(LeftOut.REFUNDED) if who.refunded else None


def _kept_apart(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    flags = who.standing.flags if who.standing else frozenset()
    if flags & {Flag.STAFF, Flag.TEST}:
        return _because(LeftOut.OWN_ACCOUNT)
    if flags & {Flag.VIP, Flag.EXCLUDED}:
        return _because(LeftOut.BY_HAND)
    return None


def _active(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    return _because(LeftOut.ACTIVE) if who.runs_elsewhere else None


def _worth_it(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    if who.received_minor <= 0 and who.seen_whole:
        return _because(LeftOut.NEVER_PAID)
    if now - who.ends_at > timedelta(days=policy.max_age_days):
        return Left(LeftOut.TOO_OLD, f"it ended more than {policy.max_age_days} days ago")
    if not policy.steps.get(who.kind):
        return Left(LeftOut.SWITCHED_OFF, f"no steps are configured for {who.kind}")
    return None


def _once(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    """One sequence for one person. Who came back through an earlier one may be invited again."""
    if any(s.declined for s in who.sequences):
        return _because(LeftOut.DECLINED)
    recent = [s for s in who.sequences if s.open or now - s.began_at < timedelta(days=policy.once_in_days)]
    if any(s.twin for s in recent):
        return _because(LeftOut.TWIN)
    if any(s.open or not s.returned for s in recent):
        return Left(LeftOut.HAD_ONE, f"they had a sequence in the last {policy.once_in_days} days")
    return None


def _reachable(who: Lapsed, policy: WinbackPolicy, now: datetime) -> Left | None:
    return None if who.has_address else _because(LeftOut.NO_ADDRESS)


RULES: tuple[Rule, ...] = (
    _gone,
    _banned,
    _for_cause,
    _kept_apart,
    _active,
    _worth_it,
    _once,
    _reachable,
)

OF_GROUND: dict[Ground, LeftOut] = {
    Ground.CONTACT_BAN: LeftOut.CONTACT_BAN,
    Ground.DELETED: LeftOut.DELETED,
    Ground.SUPPRESSED: LeftOut.SUPPRESSED,
    Ground.CHANNEL: LeftOut.SUPPRESSED,
    Ground.OWN_ACCOUNT: LeftOut.OWN_ACCOUNT,
    Ground.BY_HAND: LeftOut.BY_HAND,
    Ground.SILENCED: LeftOut.COMPLAINT,
    Ground.YIELDS: LeftOut.YIELDS,
    Ground.TWICE: LeftOut.TWIN,
    Ground.NOT_READY: LeftOut.NOT_READY,
    Ground.NO_CONSENT: LeftOut.NO_CONSENT,
}


def _by_contact(who: Lapsed, contacts: ContactPolicy, now: datetime) -> Left | None:
    """The rules of all campaigns; what only postpones a mail keeps nobody out, but for what the merchant must set."""
    if who.standing is None:
        return _because(LeftOut.DELETED)
    if Campaign.DUNNING in who.standing.open_campaigns:
        return _because(LeftOut.LATE_PAYMENT)
    match verdict(INVITING, who.standing, contacts, now):
        case Never(why, ground) | AskInstead(why, ground):
            return Left(OF_GROUND.get(ground, LeftOut.SUPPRESSED), why)
        case Wait(why=why, ground=Ground.NOT_READY):
            return Left(LeftOut.NOT_READY, why)
        case _:
            return None
