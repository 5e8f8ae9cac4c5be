"""Who a person is to us: every id, address and name by which their rows and events are found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, PaymentMethod
from app.cases.models import Case
from app.contacts.models import Addressee
from app.contacts.service import hashed
from app.outbox.models import Mail
from app.outbox.states import MailPurpose
from app.privacy.holdings import HOLDINGS, Becomes, Holder, Holding
from app.privacy.redaction import provider_ids

Rows = list[dict[str, Any]]


@dataclass
class Person:
    """`addresses` are their own; `words` are names and all addresses, also those of second addressees."""

    holder: Holder
    rows: dict[str, Rows]
    ids: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @property
    def known(self) -> bool:
        """Whether anything is held under the customer's id."""
        return any(self.rows.values())


def gather(session: Session, customer_id: str) -> Person:
    """Everything held about a person but stored events."""
    holder = _holder(session, customer_id)
    rows = {h.table.name: _rows(session, h, holder) for h in HOLDINGS}
    person = Person(holder, rows, ids={customer_id}, words=set(holder.addresses))
    for holding in HOLDINGS:
        for row in rows[holding.table.name]:
            named = [c for c, b in holding.columns.items() if b is Becomes.PSEUDONYM] or list(row)
            for column in named:
                person.ids |= set(provider_ids(row[column]))
    mails = rows[Mail.__tablename__]
    # Without its brackets, as answers and callbacks name it.
    told = [i.strip("<>") for row in mails for i in (row["message_id"], row["provider_id"]) if i]
    person.ids |= {i for i in told if _is_long(i)}
    for table, columns in (
        (Customer.__tablename__, ("email", "name", "phone")),
        (Addressee.__tablename__, ("email", "name")),
        (Mail.__tablename__, ("to_address",)),
        (PaymentMethod.__tablename__, ("fingerprint",)),
    ):
        person.words |= {row[c] for row in rows[table] for c in columns if row[c]}
    return person


def _is_long(key: str) -> bool:
    """Whether it is an id and not a server's short answer, which others have got as well."""
    return len(key) >= 16 and " " not in key


def _holder(session: Session, customer_id: str) -> Holder:
    case_ids = frozenset(session.scalars(select(Case.id).where(Case.customer_id == customer_id)))
    email = session.scalar(select(Customer.email).where(Customer.id == customer_id))
    others = set(session.scalars(select(Addressee.email).where(Addressee.customer_id == customer_id)))
    written = session.scalars(
        select(Mail.to_address).where(Mail.customer_id == customer_id, Mail.purpose != MailPurpose.COPY)
    )
    addresses = frozenset({a for a in (email, *written) if a} - others)
    return Holder(
        customer_id=customer_id,
        addresses=addresses,
        hashes=frozenset(h for a in addresses if (h := hashed(session, a))),
        case_ids=case_ids,
        invoice_ids=frozenset(session.scalars(select(Invoice.id).where(Invoice.customer_id == customer_id))),
        method_ids=frozenset(
            session.scalars(select(PaymentMethod.id).where(PaymentMethod.customer_id == customer_id))
        ),
    )


def _rows(session: Session, holding: Holding, holder: Holder) -> Rows:
    query = select(holding.table).where(holding.find(holder)).order_by(*holding.table.primary_key)
    return [dict(row) for row in session.execute(query).mappings()]
