"""Cases of people who want to leave, out of the rows. Definitions: cancellations_rules.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.billing.models import Customer, Invoice, Subscription
from app.campaigns.models import CampaignVersion
from app.cancellation.models import CancelVisit
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.offers.models import Grant
from app.offers.states import OfferKind
from app.stats.cancellations_rules import CancelBy, CancelCase, CancelFigures, OfferMade, figures_of, group_of
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, day_table
from app.stats.rules import Window

CHANGES_NOTHING = frozenset(k.value for k in OfferKind if not k.changes_the_subscription)
"""A talk or an address is never in place at the provider, so nothing of it is kept."""

_TOLD = (
    Case.id,
    Case.opened_at,
    Case.category,
    Case.outcome,
    Case.state,
    Case.experiment_arm,
    Case.policy_version,
)
DIMS = ("currency", *(by.value for by in CancelBy if by is not CancelBy.MONTH))


def raw(session: Session, window: Window) -> dict[Key, CancelFigures]:
    """The cases of a time, by the day on which they were opened, and dimensions."""
    found = dict[Key, CancelFigures]()
    for case in cases(session, window):
        groups = (group_of(case, CancelBy(dim)) for dim in DIMS[1:])
        key = (case.opened_at.date(), case.currency or UNKNOWN_DIMENSION, *groups)
        found[key] = found.get(key, CancelFigures()) + figures_of(case)
    return found


def cases(session: Session, window: Window) -> list[CancelCase]:
    """Every case of a time."""
    query = (
        select(
            *_TOLD,
            *plan_columns(Case.customer_id, Case.subject_id, Case.opened_at),
            _had_one_before(),
        )
        .select_from(Case)
        .outerjoin(Subscription, Subscription.id == Case.subject_id)
        .outerjoin(Customer, Customer.id == Case.customer_id)
        .where(*opened_in(window))
        .order_by(Case.opened_at, Case.id)
    )
    visits, offers, structural = (
        _visits(session, window),
        _offers(session, window),
        _structural(session, window),
    )
    found = []
    for row in session.execute(query):
        case, (invoiced, items, customer_currency, repeat) = row, row[len(_TOLD) :]
        count, preset = visits.get(case.id, (0, None))
        found.append(
            CancelCase(
                opened_at=case.opened_at,
                reason=case.category,
                outcome=case.outcome,
                closed=case.state == CaseState.CLOSED,
                visits=count,
                preset=preset,
                arm=case.experiment_arm,
                plan=plan_of(invoiced, items),
                currency=currency_of(items, customer_currency),
                structural=structural.get((case.policy_version, case.category)),
                repeat=repeat,
                offers=offers.get(case.id, ()),
            )
        )
    return found


def opened_in(window: Window) -> list[Any]:
    """Cases of this kind that were opened within a time."""
    return [
        Case.kind == CaseKind.CANCELLATION,
        Case.opened_at >= window.begins_at,
        Case.opened_at < window.ends_at,
    ]


def plan_columns(customer: Any, subscription: Any, at: Any) -> list[Any]:
    """Price of the last invoice before an instant, the subscription's items, the customer's currency.

    The invoice comes first: the subscription's row tells the price of today, also after a switch.
    """
    mine = and_(Invoice.customer_id == customer, Invoice.subscription_id == subscription)
    last = select(Invoice.price_id).where(mine, Invoice.created_at <= at, Invoice.price_id.is_not(None))
    newest = (Invoice.created_at.desc(), Invoice.id.desc())
    return [
        last.order_by(*newest).limit(1).scalar_subquery(),
        Subscription.items,
        Customer.currency,
    ]


def plan_of(invoiced: str | None, items: Any) -> str | None:
    """The id of the price that was invoiced last, else of the subscription's."""
    item = items[0] if items else {}
    return invoiced or item.get("price_id")


def currency_of(items: Any, customer_currency: str | None) -> str | None:
    """What a subscription is paid in."""
    told = items[0].get("currency") if items else None
    return told or customer_currency


def _had_one_before() -> Any:
    earlier = aliased(Case)
    return exists().where(
        earlier.customer_id == Case.customer_id,
        # In a guise, or SQLite takes the index of kinds and walks through all cases for each one.
        func.coalesce(earlier.kind, "") == CaseKind.CANCELLATION.value,
        earlier.opened_at < Case.opened_at,
    )


def _visits(session: Session, window: Window) -> dict[str, tuple[int, str | None]]:
    """How many visits each case had, and the preset of the last one."""
    query = (
        select(CancelVisit.case_id, CancelVisit.number, CancelVisit.preset)
        .join(Case, Case.id == CancelVisit.case_id)
        .where(*opened_in(window))
        .order_by(CancelVisit.case_id, CancelVisit.number)
    )
    return {case_id: (number, preset) for case_id, number, preset in session.execute(query)}


def _offers(session: Session, window: Window) -> dict[str, list[OfferMade]]:
    query = (
        select(
            Grant.case_id,
            Grant.accepted_at,
            Grant.applied_at,
            Grant.kind,
            Grant.outcome_30,
            Grant.outcome_60,
            Grant.outcome_90,
        )
        .join(Case, Case.id == Grant.case_id)
        .where(*opened_in(window))
        .order_by(Grant.shown_at, Grant.id)
    )
    found: dict[str, list[OfferMade]] = {}
    for case_id, accepted_at, applied_at, kind, *outcomes in session.execute(query):
        in_place = applied_at is not None and kind not in CHANGES_NOTHING
        made = OfferMade(accepted_at is not None, in_place, (outcomes[0], outcomes[1], outcomes[2]))
        found.setdefault(case_id, []).append(made)
    return found


def _structural(session: Session, window: Window) -> dict[tuple[str, str], bool]:
    """Whether a reason was structural, by the version of the policy under which its case began."""
    versions = select(Case.policy_version).where(*opened_in(window)).distinct()
    query = select(CampaignVersion).where(CampaignVersion.id.in_(versions))
    return {
        (row.id, reason): bool(told.get("structural"))
        for row in session.scalars(query)
        for reason, told in row.definition.get("cancellation", {}).get("reasons", {}).items()
    }


CANCELLATIONS = Rollup(
    name="cancellation",
    dims=DIMS,
    figures=CancelFigures,
    raw=raw,
    stands_on=Case.opened_at,
    customer=Case.customer_id,
    told_by=frozenset(
        model.__tablename__ for model in (Case, CancelVisit, Grant, Invoice, Subscription, Customer)
    ),
    model=day_table("cancellation", DIMS, CancelFigures),
    only=(Case.kind == CaseKind.CANCELLATION,),
)
