"""What became of a story: cases, steps, mails, tasks, money."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.cases import repository as case_rows
from app.cases.models import CardSession, Case, Step
from app.cases.states import StepKind, StepState
from app.dunning.models import DunningInvoice
from app.inbound import repository as inbound
from app.outbox.models import Mail, Task
from tests.scenarios.story import Story


class Findings(Story):
    """Reads the database, the provider and the mailbox; changes nothing."""

    def cases(self) -> list[Case]:
        """All but those that only note a departure without a visit to our page."""
        with self.application.db.read() as session:
            query = select(Case).where(Case.category != "elsewhere")
            return list(session.scalars(query.order_by(Case.opened_at, Case.id)))

    def case(self) -> Case:
        (case,) = self.cases()
        return case

    def steps(self) -> list[Step]:
        with self.application.db.read() as session:
            return case_rows.steps_of(session, self.cases()[-1].id)

    def planned(self) -> list[str]:
        """When the mails that are still planned are due, e.g. "04-01 11:00"."""
        return [
            f"{s.due_at:%m-%d %H:%M}"
            for s in self.steps()
            if s.state == StepState.PLANNED and s.kind == StepKind.MAIL
        ]

    def story(self, case: Case | None = None) -> list[str]:
        with self.application.db.read() as session:
            return [e.sentence for e in case_rows.timeline_of(session, (case or self.cases()[-1]).id)]

    def says(self, words: str) -> bool:
        """Whether the newest case's timeline says so."""
        return any(words in sentence for sentence in self.story())

    def debt(self, invoice_id: str) -> DunningInvoice:
        """The late invoice as the case keeps it."""
        with self.application.db.read() as session:
            return session.get_one(DunningInvoice, invoice_id)

    def visits(self) -> list[str]:
        """The states of the provider pages minted for cases, oldest first."""
        with self.application.db.read() as session:
            rows = session.scalars(select(CardSession).order_by(CardSession.created_at, CardSession.id))
            return [row.state for row in rows]

    def mails(self) -> list[Mail]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Mail).order_by(Mail.created_at, Mail.id)))

    def sent(self) -> list[tuple[str, str]]:
        """`(day, template)` of every mail that left, e.g. ("06-05", "payment_failed_retrying")."""
        return [(f"{m.settled_at:%m-%d}", m.name) for m in self.mails() if m.state == "sent" and m.settled_at]

    def last_context(self) -> dict[str, Any]:
        """What the newest mail was written from."""
        return self.mails()[-1].context

    def attempts(self, invoice_id: str) -> int:
        """How many charges of an invoice the provider has carried out."""
        intent = self.sandbox.state.hidden.intent_of_invoice[invoice_id]
        return sum(c["payment_intent"] == intent for c in self.sandbox.state.rows("charge"))

    def events_by_state(self) -> set[str]:
        """The states in which stored events are."""
        with self.application.db.read() as session:
            return {state for state, count in inbound.counts_by_state(session).items() if count}

    def tasks(self) -> list[Task]:
        with self.application.db.read() as session:
            return list(session.scalars(select(Task).order_by(Task.created_at)))
