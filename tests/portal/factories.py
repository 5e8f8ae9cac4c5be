"""An application with a fake provider, and one late customer with a case."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import portal
from app.billing import repository as billing
from app.billing.facts import Decline
from app.billing.ports import ProviderPage, ProviderPages
from app.billing.states import CustomerState, InvoiceState, SubscriptionState
from app.cases.models import CardSession, Case
from app.cases.states import CaseState
from app.contacts.rules.policy import Terms
from app.core import gates, problems
from app.core.brand import Brand
from app.core.clock import Clock
from app.core.db import Base, Database
from app.core.errors import ProviderError
from app.core.gates import Pause
from app.core.i18n import Catalogues
from app.core.links import LinkPurpose, LinkSigner, LinkSubject
from app.core.web import Given
from app.dunning.mails import Setup
from app.dunning.models import DunningInvoice
from app.dunning.rules.policy import DunningPolicy
from app.portal.cancel.open_form_limits import FormLimits
from app.portal.language import catalogues

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
FAILED_AT = NOW - timedelta(days=2, hours=11)  # 1 June, 1 am in Berlin is 31 May in UTC
PUBLIC_URL = "https://pay.acme.example"
BRAND = Brand(
    name="Acme Letters",
    support_email="help@acme.example",
    website="https://acme.example",
    statement_descriptor="ACME LETTERS",
    accent="#0b6b4f",
)
EXPIRED = Decline(
    code="card_declined", decline_code="expired_card", method_type="card", brand="visa", last4="4242",
    payment_method_id="pm_old", fingerprint="fp_old",
)  # fmt: skip


@dataclass
class FakePages:
    """The provider's pages. `during` runs while a call is out; `fails` is raised instead of an answer."""

    url: str = "https://checkout.stripe.com/c/pay/cs_1"
    invoice_url: str | None = "https://invoice.stripe.com/i/in_1"
    fails: ProviderError | None = None
    during: Any = None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def card_session(self, *, customer_id: str, currency: str, return_url: str, case_id: str) -> ProviderPage:
        told = {"customer": customer_id, "currency": currency, "return_url": return_url, "case": case_id}
        self._called({"page": "card", **told})
        return ProviderPage(f"cs_{len(self.calls)}", self.url)

    def invoice_page(self, invoice_id: str) -> str | None:
        self._called({"page": "invoice", "invoice": invoice_id})
        return self.invoice_url

    def _called(self, call: dict[str, Any]) -> None:
        if self.during:
            self.during()
        if self.fails:
            raise self.fails
        self.calls.append(call)


@dataclass
class FakeApplication:
    """As much of bootstrap's Application as the portal takes."""

    db: Database
    brand: Brand = BRAND
    at: datetime = NOW
    pages: ProviderPages | None = field(default_factory=FakePages)
    public_url: str = PUBLIC_URL
    stripe_api_base: str | None = None
    policy: DunningPolicy = field(default_factory=DunningPolicy)
    link_keys: list[str] = field(default_factory=list)
    form_limits: FormLimits = field(default_factory=FormLimits)

    @property
    def settings(self) -> Any:
        return SimpleNamespace(
            public_url=self.public_url, stripe_api_base=self.stripe_api_base, link_key_list=self.link_keys
        )

    @property
    def config(self) -> Any:
        return SimpleNamespace(brand=self.brand)

    @property
    def clock(self) -> Clock:
        return lambda: self.at

    @property
    def links(self) -> LinkSigner:
        return LinkSigner(["a key of the tests"], self.clock)

    @property
    def setup(self) -> Setup:
        return Setup(self.policy, Terms(default_zone=self.brand.default_time_zone), lambda _: "")

    def client(self, words: Catalogues | None = None) -> TestClient:
        web = FastAPI()
        problems.install(web)
        web.include_router(portal.router)
        if words is not None:
            web.dependency_overrides[catalogues] = lambda: words
        return TestClient(Given(web, application=self), base_url=self.public_url, follow_redirects=False)

    def token(self, case: str = "case_1", customer: str = "cus_1", epoch: int = 0) -> str:
        return self.links.sign(LinkPurpose.CARD, LinkSubject(customer, case, epoch))

    @property
    def card_url(self) -> str:
        return f"/card/{self.token()}"


def invoice(invoice_id: str = "in_1", *, decline: Decline | None = EXPIRED, **more: Any) -> InvoiceState:
    known = InvoiceState(
        id=invoice_id,
        seen_at=NOW,
        seen_live=False,
        customer_id="cus_1",
        subscription_id="sub_1",
        status="open",
        billing_reason="subscription_cycle",
        collection_method="charge_automatically",
        currency="eur",
        amount_due_minor=2900,
        amount_remaining_minor=2900,
        attempt_count=1,
        created_at=FAILED_AT - timedelta(hours=1),
        label="Weekly letter",
        failed_at=FAILED_AT,
        last_failed_at=FAILED_AT,
        decline=asdict(decline) if decline else None,
        decline_at=FAILED_AT,
    )
    return replace(known, **more)


def customer(**more: Any) -> CustomerState:
    known = CustomerState(
        id="cus_1",
        seen_at=NOW,
        seen_live=False,
        email="jane@private.example",
        name="Jane Private",
        country="DE",
    )
    return replace(known, **more)


def add_case(
    db: Database,
    *invoices: InvoiceState,
    who: CustomerState | None = None,
    subscription_status: str = "past_due",
    case_id: str = "case_1",
    **more: Any,
) -> None:
    """A dunning case of these invoices; `more` goes onto its row."""
    who = who or customer()
    invoices = invoices or (invoice(),)
    subscription = SubscriptionState(
        id="sub_1", seen_at=NOW, seen_live=False, customer_id=who.id, status=subscription_status,
        cancellation_reason="payment_failed" if subscription_status == "canceled" else None,
    )  # fmt: skip
    values = {
        "id": case_id, "kind": "dunning", "customer_id": who.id, "state": CaseState.OPEN, "category": "card_data",
        "opened_at": FAILED_AT, "policy_version": "v", "experiment_arm": "treated", "propensity": 1.0,
        "details": {},
    }  # fmt: skip
    with db.write() as session:
        for rows in ([who], [subscription], list(invoices)):
            billing.save(session, rows)
        session.add(Case(**(values | more)))
        session.flush()
        for i in invoices:
            session.add(
                DunningInvoice(
                    invoice_id=i.id, case_id=case_id, customer_id=who.id, currency=i.currency,
                    at_risk_minor=i.amount_due_minor, failed_at=i.failed_at or FAILED_AT, first_after_trial=False,
                    paid_minor=0, returned_minor=0,
                )
            )  # fmt: skip


def add_attempt(db: Database, state: str, session_id: str = "cs_1", **more: Any) -> None:
    values: dict[str, Any] = {"created_at": NOW, "completed_at": None if state == "open" else NOW} | more
    with db.write() as session:
        session.add(CardSession(id=session_id, case_id="case_1", customer_id="cus_1", state=state, **values))


def pause(db: Database) -> None:
    with db.write() as session:
        gates.register(session, public_url=PUBLIC_URL, provider_key=None, now=NOW)
        gates.pause(session, Pause.CAMPAIGNS, "secret reason of the operator", now=NOW)


def dump(db: Database) -> dict[str, list[Any]]:
    """Every row of every table, to compare before and after."""
    with db.read() as session:
        return {t.name: sorted(map(repr, session.execute(select(t)))) for t in Base.metadata.sorted_tables}
