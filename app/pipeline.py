"""THE FLOW, on one page.

webhook -> inbound event -> facts -> billing projection -> case -> due step -> outbox row -> outcome -> stats

Two tables say who takes part: which feature hears which fact, and which policy runs which kind of
case. Everything else here only walks through them, inside the caller's transaction. A third one, what is
held about a person and how it is forgotten, is `HOLDINGS` in app/privacy/holdings.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.alerts import telling as alerts
from app.billing import service as billing
from app.billing.facts import (
    CardSessionCompleted,
    CheckoutCompleted,
    CheckoutExpired,
    CouponDeleted,
    CustomerSeen,
    Fact,
    MarketingAllowed,
    PaymentMethodSeen,
)
from app.billing.live import Live, Wanted
from app.cancellation import declarations_mails
from app.cancellation import due as cancellation_due
from app.cancellation import reacting as cancellation
from app.cancellation import settling as cancellation_settling
from app.cancellation.rules.policy import CancellationPolicy
from app.cases import consent
from app.cases import repository as case_rows
from app.cases.models import Case, Step
from app.cases.standing import contact_stop
from app.cases.states import CaseKind
from app.contacts.rules.standing import Approach
from app.core.errors import NotConfigured
from app.dunning import charging
from app.dunning import due as dunning_due
from app.dunning import mails as dunning_mails
from app.dunning import service as dunning
from app.dunning.contacting import approach_of_mail
from app.dunning.models import DunningInvoice
from app.expiring import charging as expiring_charging
from app.expiring import due as expiring_due
from app.expiring import service as expiring
from app.expiring.rules.policy import ExpiringPolicy
from app.feedback import answers
from app.feedback import service as feedback
from app.feedback.facts import (
    MailAnswered,
    MailBounced,
    MailClicked,
    MailComplained,
    MailFeedback,
    MailResubscribed,
    MailUnsubscribed,
)
from app.hooks.facts import HookSettled
from app.offers import withdrawing
from app.offers.rules.policy import Catalogue
from app.outbox.facts import ActionSettled, MailSettled, OutboxFact
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.states import MailPurpose
from app.privacy import door
from app.reports.watch import OWNER_REPORT
from app.winback import checkouts
from app.winback import due as winback_due
from app.winback import reacting as winback
from app.winback.rules.policy import WinbackPolicy


def _no_link(*_: object) -> str:
    """In the place of a link maker, where nothing is signed."""
    raise NotConfigured("links cannot be signed here")


@dataclass(frozen=True, slots=True)
class Setup(dunning_mails.Setup):
    """What all campaigns are configured with."""

    expiring: ExpiringPolicy = field(default_factory=ExpiringPolicy)
    cancellation: CancellationPolicy = field(default_factory=CancellationPolicy)
    offers: Catalogue = field(default_factory=dict)
    cancel_link: Callable[[str, str], str] = _no_link
    undo_link: Callable[[Case], str] = _no_link
    survey_link: Callable[[Case], str] = _no_link
    winback: WinbackPolicy = field(default_factory=WinbackPolicy)
    return_link: Callable[[Case], str] = _no_link


AnyFact = Fact | OutboxFact | HookSettled | MailFeedback
OF_BILLING = get_args(Fact)

HANDLERS: dict[type, list[Callable[..., None]]] = {
    CardSessionCompleted: [charging.card_saved, expiring_charging.card_saved],
    CheckoutCompleted: [checkouts.completed],
    CheckoutExpired: [checkouts.expired],
    MarketingAllowed: [consent.allowed],
    PaymentMethodSeen: [charging.card_changed],
    CustomerSeen: [charging.card_changed],
    MailSettled: [dunning_mails.settled, alerts.mail_settled],
    ActionSettled: [
        charging.charged,
        expiring_charging.card_set,
        cancellation_settling.action_settled,
        checkouts.closed,
    ],
    CouponDeleted: [withdrawing.coupon_deleted],
    HookSettled: [cancellation_settling.acknowledged],
    MailBounced: [feedback.bounced],
    MailComplained: [feedback.complained],
    MailUnsubscribed: [feedback.unsubscribed],
    MailResubscribed: [feedback.resubscribed],
    MailAnswered: [answers.answered],
    MailClicked: [checkouts.mail_clicked],
}
"""Which feature hears which fact: `handler(session, fact, setup, now=...)`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a campaign kind must be able to say."""

    react: Callable[[Session, Collection[str], Setup, datetime], None]
    run_steps: Callable[[Session, Sequence[Case], dict[str, list[Step]], Setup, datetime], None]
    stop_reason: Callable[[Session, Case, Mail, Setup, Live, datetime], Stop | None]
    approach: Callable[[Case, Mail], Approach]


POLICIES: dict[CaseKind, Policy] = {
    CaseKind.DUNNING: Policy(dunning.react, dunning_due.run_steps, dunning_due.stop_reason, approach_of_mail),
    CaseKind.EXPIRING_CARD: Policy(
        expiring.react, expiring_due.run_steps, expiring_due.stop_reason, expiring_due.approach_of_mail
    ),
    CaseKind.CANCELLATION: Policy(
        cancellation.react,
        cancellation_due.run_steps,
        cancellation_due.stop_reason,
        cancellation_due.approach_of_mail,
    ),
    CaseKind.WINBACK: Policy(
        winback.react, winback_due.run_steps, winback_due.stop_reason, winback_due.approach_of_mail
    ),
}
"""Which policy runs which kind of case."""


def take_in(session: Session, facts: Sequence[AnyFact], setup: Setup, *, now: datetime) -> None:
    """Facts become rows; then features hear of them; then every policy looks at the customers concerned."""
    books = billing.project(session, [f for f in facts if isinstance(f, OF_BILLING)])
    door.check(session, books.touched_customers())
    for fact in facts:
        for handler in HANDLERS.get(type(fact), ()):
            handler(session, fact, setup, now=now)
    concerned = books.touched_customers() | {
        f.customer_id for f in facts if isinstance(f, ActionSettled | HookSettled)
    }
    with session.no_autoflush:  # rows are written together at the end, not one by one before each query
        for policy in POLICIES.values():
            policy.react(session, concerned, setup, now)


def run_due(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: Setup, *, now: datetime
) -> None:
    """Let each kind decide the due steps of its cases."""
    for kind, policy in POLICIES.items():
        mine = [c for c in cases if c.kind == kind]
        if mine:
            with session.no_autoflush:
                policy.run_steps(session, mine, due, setup, now)


def stop_reason(session: Session, mail: Mail, setup: Setup, live: Live, *, now: datetime) -> Stop | None:
    """Why a mail must not leave now, and until when: asked of the kind of its case, then of the contact rules."""
    if mail.name == OWNER_REPORT:
        return None  # no customer's: no rule about customers concerns it
    case = case_rows.get(session, mail.case_id or "", lock=True)
    if case is None and mail.name not in declarations_mails.MAILS:
        return Stop("its case is gone")
    unwelcome = feedback.stop_reason(session, mail, now=now)
    if unwelcome is not None:
        return unwelcome
    if case is None:
        return declarations_mails.stop_reason(session, mail, setup.terms, now=now)
    policy = POLICIES[CaseKind(case.kind)]
    stop = policy.stop_reason(session, case, mail, setup, live, now)
    return stop or contact_stop(session, case, mail, policy.approach(case, mail), setup.terms, now=now)


def behind(session: Session, mail_ids: Collection[str]) -> Wanted:
    """What these mails are about and must be read live before they leave: unpaid invoices, expiring cards, lapses."""
    cards, lapses = expiring_due.behind(session, mail_ids), winback_due.behind(session, mail_ids)
    return Wanted(_invoices_behind(session, mail_ids), [*cards.objects, *lapses.objects], cards.charges)


def _invoices_behind(session: Session, mail_ids: Collection[str]) -> list[str]:
    late = (Mail.purpose == MailPurpose.LAST_NOTICE) & DunningInvoice.paid_at.is_(None)
    query = (
        select(DunningInvoice.invoice_id)
        .join(Mail, Mail.case_id == DunningInvoice.case_id)
        .where(Mail.id.in_(sorted(mail_ids)), DunningInvoice.result.is_(None) | late)
    )
    return sorted(set(session.scalars(query)))
