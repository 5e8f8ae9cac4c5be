"""What happened with a customer besides cases: invoices, cards, mails, tasks, ends of subscriptions, arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from app.billing.models import Invoice, PaymentMethod
from app.core.money import Money
from app.experiments.models import AssignmentRow
from app.outbox.models import Mail, Task
from app.winback.models import Lapse

NEWEST = 12


@dataclass(frozen=True, slots=True)
class History:
    """The newest of each first, at most twelve."""

    invoices: Sequence[Invoice]
    cards: Sequence[PaymentMethod]
    mails: Sequence[Mail]
    tasks: Sequence[Task]
    lapses: Sequence[Lapse]
    arms: Sequence[AssignmentRow]

    @property
    def paid(self) -> list[Money]:
        """What the invoices shown brought, after refunds, by currency."""
        sums: dict[str, Money] = {}
        for row in self.invoices:
            kept = Money(max(0, row.amount_paid_minor - row.refunded_minor), row.currency)
            sums[row.currency] = sums[row.currency] + kept if row.currency in sums else kept
        return [money for money in sums.values() if money.amount_minor]


def history_of(session: Session, customer_id: str) -> History:
    """A few rows of each kind, each by an index of the customer's."""
    invoices = select(Invoice).where(Invoice.customer_id == customer_id)
    cards = select(PaymentMethod).where(PaymentMethod.customer_id == customer_id)
    mails = select(Mail).options(defer(Mail.raw)).where(Mail.customer_id == customer_id)
    tasks = select(Task).where(Task.customer_id == customer_id)
    lapses = select(Lapse).where(Lapse.customer_id == customer_id)
    arms = select(AssignmentRow).where(AssignmentRow.customer_id == customer_id)
    newest = (Invoice.created_at.desc().nulls_last(), Invoice.id.desc())
    return History(
        invoices=session.scalars(invoices.order_by(*newest).limit(NEWEST)).all(),
        cards=session.scalars(cards.order_by(PaymentMethod.id).limit(NEWEST)).all(),
        mails=session.scalars(mails.order_by(Mail.created_at.desc(), Mail.id).limit(NEWEST)).all(),
        tasks=session.scalars(tasks.order_by(Task.state.desc(), Task.created_at.desc()).limit(NEWEST)).all(),
        lapses=session.scalars(lapses.order_by(Lapse.ends_at.desc(), Lapse.id).limit(NEWEST)).all(),
        arms=session.scalars(arms.order_by(AssignmentRow.experiment).limit(NEWEST)).all(),
    )
