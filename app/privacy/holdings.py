"""THE LIST of what is held about a person: each table, how their rows are found, what becomes of each column.

The third table of the flow, beside the two of app/pipeline.py. A table or a text column that is missing
here fails a test, so nobody can begin to hold something without saying how it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select

from app.billing import models as billing
from app.campaigns.models import CampaignVersion
from app.cancellation.declarations import TASK_PREFIX, Declaration
from app.cancellation.models import CancelScreen, CancelVisit
from app.cases import models as cases
from app.contacts import models as contacts
from app.core.acts import OperatorAct
from app.core.auth import ApiKey
from app.core.db import Base
from app.core.gates import Installation
from app.core.marks import FigureMark
from app.core.testclock import TestClockRow
from app.dunning.models import DunningInvoice
from app.experiments.models import AssignmentRow, DecisionRow
from app.expiring.models import ExpiryNotice
from app.feedback.models import CampaignBrake, MailAnswer
from app.hooks.models import HookEndpoint, HookMessage
from app.inbound.models import InboundConflict, InboundEvent
from app.offers.models import Entitlement, Grant, LostCoupon, OfferBudget
from app.outbox import models as outbox
from app.privacy.legal import Proof, RestrictedKind, kind_of_mail
from app.privacy.models import ErasedId, RestrictedRecord, RetentionMark
from app.proof import models as proof
from app.stats.names import PlanName
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import RollupState
from app.stats.tenures_models import TenureRow
from app.winback.models import Lapse, ReturnSession


class Becomes(StrEnum):
    """What an erasure makes of a text, a JSON value or bytes. Numbers and times stay."""

    KEPT = "kept"  # a word of ours that says nothing of a person
    PSEUDONYM = "pseudonym"  # ids and words of the person within are replaced
    CLEARED = "cleared"


@dataclass(frozen=True)
class Holder:
    """By what a person's rows are found."""

    customer_id: str
    addresses: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    case_ids: frozenset[str] = frozenset()
    invoice_ids: frozenset[str] = frozenset()
    method_ids: frozenset[str] = frozenset()


Find = Callable[[Holder], ColumnElement[bool]]


@dataclass(frozen=True)
class Holding:
    """One table. Without `columns` its rows are deleted. `hidden`: of no meaning outside, not exported.

    `proof`: rows that the law has us keep are locked away first, as they were (`restricted`).
    """

    model: Any
    find: Find
    columns: Mapping[str, Becomes] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    proof: Proof | None = None

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table


def _of_customer(model: Any) -> Find:
    return lambda who: model.customer_id == who.customer_id


def _of_cases(model: Any) -> Find:
    return lambda who: model.case_id.in_(sorted(who.case_ids))


def _declared(who: Holder) -> ColumnElement[bool]:
    return or_(Declaration.customer_id == who.customer_id, Declaration.address_hash.in_(sorted(who.hashes)))


def _accepted_terms(row: Mapping[str, Any]) -> RestrictedKind | None:
    return RestrictedKind.TERMS if row["accepted_at"] is not None else None


def _declared_at_the_page(row: Mapping[str, Any]) -> RestrictedKind | None:
    return RestrictedKind.DECLARATION if row["declared_at"] is not None else None


def _columns(kept: str = "", pseudonym: str = "", cleared: str = "") -> dict[str, Becomes]:
    named = ((kept, Becomes.KEPT), (pseudonym, Becomes.PSEUDONYM), (cleared, Becomes.CLEARED))
    return {name: becomes for names, becomes in named for name in names.split()}


CLAIM = ("token", "leased_until")

HOLDINGS: tuple[Holding, ...] = (
    Holding(billing.Customer, lambda who: billing.Customer.id == who.customer_id),
    Holding(billing.PaymentMethod, _of_customer(billing.PaymentMethod)),
    Holding(contacts.CustomerFacts, _of_customer(contacts.CustomerFacts)),
    Holding(contacts.Addressee, _of_customer(contacts.Addressee)),
    Holding(cases.CardSession, _of_cases(cases.CardSession)),
    Holding(
        outbox.Task,
        lambda who: or_(
            outbox.Task.customer_id == who.customer_id,
            outbox.Task.case_id.in_(sorted(who.case_ids)),
            outbox.Task.key.in_(select(TASK_PREFIX + Declaration.id).where(_declared(who))),
        ),
    ),
    Holding(
        billing.Subscription,
        _of_customer(billing.Subscription),
        _columns(
            kept="status collection_method pause_reason cancellation_reason",
            pseudonym="id customer_id default_payment_method_id default_source_id latest_invoice_id items",
            cleared="cancellation_feedback",
        ),
    ),
    Holding(
        billing.Invoice,
        _of_customer(billing.Invoice),
        _columns(
            kept="status billing_reason collection_method currency uncollectible_reason price_id product_id "
            "dispute_status",
            pseudonym="id customer_id subscription_id decline",
            cleared="number label hosted_url",
        ),
    ),
    Holding(
        billing.Payment,
        lambda who: or_(
            billing.Payment.customer_id == who.customer_id,
            billing.Payment.invoice_id.in_(sorted(who.invoice_ids)),
        ),
        _columns(
            kept="status currency dispute_status",
            pseudonym="id customer_id invoice_id charge_id dispute_id decline",
        ),
    ),
    Holding(
        cases.Case,
        _of_customer(cases.Case),
        _columns(
            kept="id kind state outcome category policy_version experiment experiment_arm",
            pseudonym="customer_id subject_id details",
            cleared="held_reason",
        ),
    ),
    Holding(
        cases.Step,
        _of_cases(cases.Step),
        _columns(kept="id case_id key kind stage state", cleared="reason"),
    ),
    Holding(
        cases.TimelineEntry,
        _of_cases(cases.TimelineEntry),
        _columns(kept="case_id code", cleared="sentence data"),
    ),
    Holding(
        DunningInvoice,
        _of_customer(DunningInvoice),
        _columns(kept="case_id currency result", pseudonym="invoice_id customer_id"),
    ),
    Holding(
        ExpiryNotice,
        lambda who: ExpiryNotice.payment_method_id.in_(sorted(who.method_ids)),
        _columns(kept="month result reason", pseudonym="payment_method_id"),
    ),
    Holding(
        outbox.Mail,
        lambda who: or_(
            outbox.Mail.customer_id == who.customer_id, outbox.Mail.case_id.in_(sorted(who.case_ids))
        ),
        _columns(
            kept="id case_id name state purpose campaign stream step_id locale withheld bounce_kind token",
            pseudonym="key customer_id",
            cleared="context to_address subject raw message_id provider_id error",
        ),
        hidden=(*CLAIM, "context", "raw"),
        proof=Proof(kind_of_mail, lambda row: row["settled_at"], address="to_address"),
    ),
    Holding(
        outbox.Action,
        lambda who: or_(
            outbox.Action.customer_id == who.customer_id, outbox.Action.case_id.in_(sorted(who.case_ids))
        ),
        _columns(
            kept="id case_id name state token", pseudonym="key customer_id", cleared="params result error"
        ),
        hidden=CLAIM,
    ),
    Holding(
        Grant,
        _of_customer(Grant),
        _columns(
            kept="id case_id offer offer_version kind state arm reason preset given_by terms currency booked_month "
            "outcome_30 outcome_60 outcome_90",
            pseudonym="customer_id subscription_id",
            cleared="address_hash failure",
        ),
        proof=Proof(_accepted_terms, lambda row: row["accepted_at"]),
    ),
    Holding(
        Entitlement,
        _of_customer(Entitlement),
        _columns(kept="id grant_id price_id plan_name", pseudonym="customer_id subscription_id"),
    ),
    Holding(
        CancelVisit,
        _of_customer(CancelVisit),
        _columns(
            kept="id case_id preset country place_source locale screen reason grant_id refused",
            pseudonym="customer_id subscription_id",
            cleared="entry missing comment",
        ),
        proof=Proof(_declared_at_the_page, lambda row: row["declared_at"]),
    ),
    Holding(
        CancelScreen,
        _of_customer(CancelScreen),
        _columns(kept="id visit_id screen sha256", pseudonym="customer_id", cleared="content"),
        proof=Proof(lambda _: RestrictedKind.DECLARATION, lambda row: row["shown_at"]),
    ),
    Holding(ReturnSession, _of_customer(ReturnSession)),
    Holding(
        Lapse,
        _of_customer(Lapse),
        _columns(
            kept="kind reason plan price_id product_id currency interval state left_out case_id returned_how grant_id "
            "outcome_30 outcome_60 outcome_90 outcome_365",
            pseudonym="id customer_id returned_subscription_id",
            cleared="missing why",
        ),
    ),
    Holding(
        TenureRow,
        _of_customer(TenureRow),
        _columns(kept="reason price_id term currency", pseudonym="customer_id"),
    ),
    Holding(
        HookMessage,
        _of_customer(HookMessage),
        _columns(kept="id endpoint_id type state token", pseudonym="key customer_id", cleared="body error"),
        hidden=CLAIM,
    ),
    Holding(
        MailAnswer,
        _of_customer(MailAnswer),
        _columns(kept="source result detail mail_id", pseudonym="customer_id"),
    ),
    Holding(
        AssignmentRow,
        _of_customer(AssignmentRow),
        _columns(kept="experiment arm", pseudonym="customer_id"),
    ),
    Holding(
        DecisionRow,
        _of_cases(DecisionRow),
        _columns(kept="experiment case_id arm action policy_version", pseudonym="customer_id observation"),
    ),
    # They live for a quarter of an hour, and lead to the rows by their new name.
    Holding(
        FigureMark,
        _of_customer(FigureMark),
        _columns(kept="what", pseudonym="customer_id"),
        hidden=("id", "what", "day"),
    ),
    Holding(
        contacts.ContactLog,
        lambda who: contacts.ContactLog.customer_id == who.customer_id,
        _columns(
            kept="channel name mail_id case_id campaign", pseudonym="customer_id", cleared="address_hash"
        ),
    ),
    # The proof outlives the erasure for as long as somebody may ask for it; nothing is sent on its ground.
    Holding(
        contacts.Consent,
        lambda who: or_(
            contacts.Consent.customer_id == who.customer_id,
            contacts.Consent.address_hash.in_(sorted(who.hashes)),
        ),
        _columns(kept="basis source address_hash", pseudonym="key customer_id proof wording"),
        proof=Proof(lambda _: RestrictedKind.CONSENT, lambda row: row["withdrawn_at"]),
    ),
    Holding(
        contacts.Suppression,
        lambda who: contacts.Suppression.address_hash.in_(sorted(who.hashes)),
        _columns(kept="address_hash scope reason source lifted_by"),
    ),
    # What was declared, and when, is proof; of an address that is nobody's, only the hash leads here.
    Holding(
        Declaration,
        _declared,
        _columns(
            kept="id kind state address_hash preset locale",
            pseudonym="key customer_id subscription_id",
            cleared="content",
        ),
        proof=Proof(lambda _: RestrictedKind.DECLARATION, lambda row: row["received_at"]),
    ),
    Holding(
        OperatorAct,
        lambda who: OperatorAct.subject.in_(sorted({who.customer_id, *who.case_ids, *who.hashes})),
        _columns(kept="who act", pseudonym="subject", cleared="why before after"),
    ),
)
"""Rows that a person's ids, cases or addresses lead to. Stored events are walked through: `events`."""

WALKED: tuple[type[Base], ...] = (InboundEvent, InboundConflict)
SEALED: tuple[type[Base], ...] = (RestrictedRecord,)
"""Of people who were erased already, and told to nobody in passing."""
NOT_PERSONAL: tuple[type[Base], ...] = (
    ApiKey, CampaignBrake, CampaignVersion, ErasedId, HookEndpoint, Installation, LostCoupon, OfferBudget,
    PlanName, proof.Proof, proof.Survival, RetentionMark, RollupState, TestClockRow,
    *(report.model for report in REPORTS),
)  # fmt: skip
