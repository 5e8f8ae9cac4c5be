"""THE LIST of what is held about a person: each table, how their rows are found, what becomes of each column.

The third table of the flow, beside the two of app/pipeline.py. A table or a text column that is missing
here fails a test, so nobody can begin to hold something without saying how it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Table, or_

from app.billing import models as billing
from app.campaigns.models import CampaignVersion
from app.cases import models as cases
from app.contacts import models as contacts
from app.core.acts import OperatorAct
from app.core.auth import ApiKey
from app.core.gates import Installation
from app.core.testclock import TestClockRow
from app.dunning.models import DunningInvoice
from app.experiments.models import AssignmentRow, DecisionRow
from app.expiring.models import ExpiryNotice
from app.feedback.models import CampaignBrake
from app.inbound.models import InboundConflict, InboundEvent
from app.outbox import models as outbox
from app.privacy.models import ErasedId, RetentionMark


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
    """One table. Without `columns` its rows are deleted. `hidden`: of no meaning outside, not exported."""

    model: Any
    find: Find
    columns: Mapping[str, Becomes] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table


def _of_customer(model: Any) -> Find:
    return lambda who: model.customer_id == who.customer_id


def _of_cases(model: Any) -> Find:
    return lambda who: model.case_id.in_(sorted(who.case_ids))


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
            outbox.Task.customer_id == who.customer_id, outbox.Task.case_id.in_(sorted(who.case_ids))
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
            kept="id kind state outcome category policy_version experiment_arm",
            pseudonym="customer_id details",
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
        AssignmentRow,
        _of_customer(AssignmentRow),
        _columns(kept="experiment arm", pseudonym="customer_id"),
    ),
    Holding(
        DecisionRow,
        _of_cases(DecisionRow),
        _columns(kept="experiment case_id arm action policy_version", pseudonym="customer_id observation"),
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
    ),
    Holding(
        contacts.Suppression,
        lambda who: contacts.Suppression.address_hash.in_(sorted(who.hashes)),
        _columns(kept="address_hash scope reason source lifted_by"),
    ),
    Holding(
        OperatorAct,
        lambda who: OperatorAct.subject.in_(sorted({who.customer_id, *who.case_ids})),
        _columns(kept="who act", pseudonym="subject", cleared="why before after"),
    ),
)
"""Rows that a person's ids, cases or addresses lead to. Stored events are walked through: `events`."""

WALKED = (InboundEvent, InboundConflict)
NOT_PERSONAL = (
    ApiKey, CampaignBrake, CampaignVersion, ErasedId, Installation, RetentionMark, TestClockRow,
)  # fmt: skip
