"""What the card page shows about a case, and what its one button does. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from app.billing.facts import Decline
from app.billing.states import InvoiceState
from app.cases.states import CardSessionState, CaseState, Outcome
from app.dunning.rules.cases import Debt, settlement, verdict
from app.dunning.rules.decline import DeclineClass, MethodKind, Treatment, classify
from app.portal.states import Notice, Remedy, View

SAME_FAILURE = timedelta(hours=1)
"""A failure this long after a page was completed is a newer one, and the page's own result is old news."""
SUSPENDED = frozenset({"unpaid", "paused"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A provider page that we minted for the case. `status`, `code`: what came of the charge."""

    session_id: str
    state: CardSessionState
    completed_at: datetime | None = None
    status: str | None = None
    code: str | None = None
    decline_code: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the page looks at. `attempts`: newest first. `returned_from`: the session that the
    customer says to come from; any other word than an attempt's id is ignored."""

    state: CaseState
    outcome: Outcome | None
    debts: tuple[Debt, ...]
    attempts: tuple[Attempt, ...] = ()
    returned_from: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """One page: what it says, what its button does, and which invoices it lists and pays."""

    view: View
    notice: Notice
    remedy: Remedy
    treatment: Treatment | None  # of the failure
    new_treatment: Treatment | None  # of the new card, where that was declined
    invoices: tuple[InvoiceState, ...]  # oldest failure first
    target: InvoiceState | None  # what the button is about


def judge(picture: Picture) -> Verdict:
    """The page for a case as it is now."""
    view = view_of(picture)
    if view is View.OWED:
        return _owed(picture)
    if view in (View.SUSPENDED, View.STILL_OPEN):
        payable = [d.invoice for d in picture.debts if _is_payable(d)]
        remedy = Remedy.PAY if payable else Remedy.NONE
        return Verdict(view, Notice.NONE, remedy, None, None, tuple(payable), _newest(payable))
    listed: list[InvoiceState] = []
    if view is View.CHARGING:
        listed = [d.invoice for d in owed_of(picture)]
    notice = Notice.SAVED if view is View.PAUSED and _is_charging(picture) else Notice.NONE
    return Verdict(view, notice, Remedy.NONE, None, None, tuple(listed), None)


def view_of(picture: Picture) -> View:
    """What has become of the payment. Our own rows may be ahead of the case, which the worker closes."""
    if picture.state is CaseState.CLOSED or not owed_of(picture):
        end = verdict([settlement(d) for d in picture.debts])
        known = picture.outcome or (end.outcome if end else Outcome.STOPPED)
        ended = _ended(picture, known)
        payable = ended in (View.SUSPENDED, View.STILL_OPEN)
        return View.PAUSED if payable and picture.paused else ended
    charging = _is_charging(picture)
    if picture.state is CaseState.HELD and not charging:
        return View.HELD
    if picture.paused:
        return View.PAUSED
    return View.CHARGING if charging else View.OWED


def owed_of(picture: Picture) -> list[Debt]:
    return [d for d in picture.debts if settlement(d) is None]


def _ended(picture: Picture, outcome: Outcome) -> View:
    all_paid = bool(picture.debts) and all(d.invoice.status == "paid" for d in picture.debts)
    if all_paid and outcome not in (Outcome.RECOVERED, Outcome.DISPUTED):
        return View.PAID_LATE
    match outcome:
        case Outcome.RECOVERED:
            return View.SETTLED
        case Outcome.LOST:
            return _lost(picture.debts)
        case Outcome.CANCELLED:
            return View.CANCELLED
        case Outcome.VOIDED:
            return View.VOIDED
        case Outcome.WRITTEN_OFF:
            return View.WRITTEN_OFF
        case Outcome.DISPUTED:
            return View.DISPUTED
        case Outcome.STOPPED | Outcome.CARD_UPDATED | Outcome.EXPIRED | Outcome.NOT_NEEDED:
            return View.STOPPED
        case Outcome.SAVED | Outcome.UNDONE | Outcome.ABANDONED | Outcome.MANUAL:
            return View.STOPPED  # of cancellations only
        case Outcome.RETURNED | Outcome.EXHAUSTED:
            return View.STOPPED  # of win-back only
        case Outcome.RETURNED | Outcome.EXHAUSTED:
            return View.STOPPED  # of win-back only
    assert_never(outcome)


def _lost(debts: Sequence[Debt]) -> View:
    """The subscription's own state says what was lost, not what the merchant has configured."""
    unpaid = [d for d in debts if d.invoice.status != "paid"]
    statuses = {d.subscription.status for d in unpaid if d.subscription}
    if not any(_is_payable(d) for d in unpaid) and "canceled" in statuses:
        return View.ENDED
    return View.SUSPENDED if statuses & SUSPENDED else View.STILL_OPEN


def _is_payable(debt: Debt) -> bool:
    gone = debt.subscription is not None and debt.subscription.status == "canceled"
    return debt.invoice.status == "open" and not gone


def _named(picture: Picture) -> Attempt | None:
    return next((a for a in picture.attempts if a.session_id == picture.returned_from), None)


def _finished(picture: Picture) -> Attempt | None:
    """The attempt whose result is the newest."""
    finished = [a for a in picture.attempts if a.completed_at and a.state is not CardSessionState.OPEN]
    return max(finished, key=lambda a: (a.completed_at, a.session_id), default=None)


def _is_charging(picture: Picture) -> bool:
    """A card was saved and its payment has not arrived. The provider sends people back only from a
    completed page, so a session named in the address is complete, even if we have not been told yet."""
    named = _named(picture)
    if named and named.state is CardSessionState.OPEN:
        return True
    if any(a.state is CardSessionState.CHARGING for a in picture.attempts):
        return True
    last = named or _finished(picture)
    if last is None or last.state is not CardSessionState.PAID:
        return False
    return not _paid_since(picture, last) and not _has_failed_since(picture, last)


def _paid_since(picture: Picture, attempt: Attempt) -> bool:
    since = attempt.completed_at
    return since is not None and any(d.invoice.paid_at and d.invoice.paid_at >= since for d in picture.debts)


def _has_failed_since(picture: Picture, attempt: Attempt) -> bool:
    failures = [d.invoice.last_failed_at for d in owed_of(picture) if d.invoice.last_failed_at]
    since = attempt.completed_at
    return since is not None and any(at > since + SAME_FAILURE for at in failures)


def notice_of(picture: Picture) -> tuple[Notice, Attempt | None]:
    """What the newest card came to, unless a later failure is the news now."""
    named, last = _named(picture), _finished(picture)
    attempt = named or last
    if attempt is None or (named is None and _has_failed_since(picture, attempt)):
        return Notice.NONE, None
    match attempt.state:
        case CardSessionState.DECLINED:
            told = {"banned": Notice.BANNED, "needs_action": Notice.CONFIRM}
            return told.get(attempt.status or "", Notice.DECLINED), attempt
        case CardSessionState.FAILED:
            return Notice.FAILED, attempt
        case CardSessionState.PAID | CardSessionState.SAVED:
            return (Notice.PART_PAID if named else Notice.NONE), attempt
        case CardSessionState.OPEN | CardSessionState.CHARGING:
            return Notice.NONE, None
    assert_never(attempt.state)


def _owed(picture: Picture) -> Verdict:
    invoices = [d.invoice for d in owed_of(picture)]
    # The newest failure is what the customer can still do something about; the mails go by it as well.
    failed = max(invoices, key=lambda i: (i.last_failed_at or i.seen_at, i.id))
    decline = Decline(**failed.decline) if failed.decline else None
    treatment = classify(decline, needs_action=failed.needs_action)
    notice, attempt = notice_of(picture)
    new = None
    if notice is Notice.DECLINED and attempt is not None:
        # What a setup page saves is a card as a rule; only its words depend on this.
        refused = Decline(code=attempt.code, decline_code=attempt.decline_code, method_type="card")
        new = classify(refused)
    remedy = remedy_of(notice, new or treatment)
    target = failed if remedy is Remedy.CONFIRM else _newest(invoices)
    return Verdict(View.OWED, notice, remedy, treatment, new, tuple(invoices), target)


def remedy_of(notice: Notice, treatment: Treatment) -> Remedy:
    """What helps: a card that is good must be confirmed, never exchanged."""
    if notice in (Notice.BANNED, Notice.DECLINED) and treatment.decline_class is not DeclineClass.ACTION:
        return Remedy.UPDATE_CARD
    if notice is Notice.CONFIRM or treatment.decline_class is DeclineClass.ACTION:
        # A banned card that needs a confirmation is still banned.
        return Remedy.UPDATE_CARD if notice is Notice.BANNED else Remedy.CONFIRM
    match treatment.method:
        case MethodKind.CARD:
            return Remedy.UPDATE_CARD
        case MethodKind.NONE:
            return Remedy.ADD_METHOD
        case MethodKind.BANK_DEBIT | MethodKind.PAYPAL | MethodKind.WALLET | MethodKind.UNKNOWN:
            return Remedy.UPDATE_METHOD
    assert_never(treatment.method)


def _newest(invoices: Sequence[InvoiceState]) -> InvoiceState | None:
    """The order in which the new card is charged (app/dunning/charging.py)."""
    return max(invoices, key=lambda i: (i.created_at or i.seen_at, i.id), default=None)
