"""Visits to the cancel page: the first of a customer, and what was paid in the 90 days after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Subscription
from app.cancellation.models import CancelVisit
from app.cases.models import Case
from app.cases.states import CaseKind
from app.proof.gathering.cash import cash_of, quarter_minor
from app.proof.gathering.drawn import Periods, could_be_either, stream
from app.proof.rules.cohorts import WATCHED, WATCHED_LONGER
from app.proof.rules.units import Observed, Unit
from app.stats.cancellations_raw import currency_of
from app.stats.offers_compared import left_at

KIND = CaseKind.CANCELLATION
LEAVING = (Subscription.status, Subscription.cancel_at, Subscription.canceled_at, Subscription.ended_at)


def gather(session: Session) -> list[Observed]:
    """Everybody who came to the page while some saw the plain one, whatever came of it.

    At risk are three months of the price that they paid when they came. Whose price or currency is not known
    is left out, in both arms alike.
    """
    rows = list(stream(session, _visits()))
    if not rows:
        return []
    prices = {item["price_id"]: item for row in rows for item in row.items or [] if item.get("price_id")}
    cash = cash_of(session, KIND, also_new=False)
    periods, found = Periods(), []
    for case_id, customer, name, arm, at, items, customer_currency, price_before, *leaving in rows:
        period = periods.first(name, customer)
        item = _price_then(items, price_before, prices)
        at_risk, currency = quarter_minor(item), currency_of(items, customer_currency)
        if period is None or at_risk is None or currency is None:
            continue
        until = at + WATCHED[KIND]
        parts, left = cash.between(case_id, at, until), left_at(*leaving)
        unit = Unit(
            treated=arm != period.control,
            pi=1 - period.holdout_share,
            stratum=item["interval"],
            at_risk_minor=at_risk,
            value_minor=parts.kept_minor,
            at=at,
        )
        found.append(
            Observed(
                experiment=KIND.value,
                control=period.control or "",
                currency=currency,
                unit=unit,
                cancelled=left is not None and left <= until,
                parts=parts,
                year=cash.between(case_id, at, at + WATCHED_LONGER[KIND]),
            )
        )
    return found


def _visits() -> Select[*tuple[Any, ...]]:
    """Cases with a visit to the page, in order of time, with the price of the last invoice before it."""
    before = (
        select(Invoice.price_id)
        .where(
            Invoice.customer_id == Case.customer_id,
            Invoice.subscription_id == Case.subject_id,
            Invoice.created_at <= Case.opened_at,
            Invoice.price_id.is_not(None),
        )
        .order_by(Invoice.created_at.desc(), Invoice.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Case.id, Case.customer_id, Case.experiment, Case.experiment_arm, Case.opened_at,
            Subscription.items, Customer.currency, before, *LEAVING,
        )
        .join(Subscription, Subscription.id == Case.subject_id)
        .outerjoin(Customer, Customer.id == Case.customer_id)
        .where(*could_be_either(KIND), exists().where(CancelVisit.case_id == Case.id))
        .order_by(Case.opened_at, Case.id)
    )  # fmt: skip


def _price_then(
    items: list[Any] | None, price_before: str | None, prices: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    """The plan as it was: the row tells the price of today, and an offer may have changed it since."""
    today: Mapping[str, Any] = items[0] if items else {}
    then = prices.get(price_before or "", today)
    return {**then, "quantity": today.get("quantity")}
