from __future__ import annotations

from datetime import timedelta

from starlette.testclient import TestClient

from app.billing.models import PaymentMethod
from app.bootstrap import Application
from app.core.auth import Scope
from app.experiments.models import AssignmentRow
from app.winback.models import Lapse
from tests.ops.conftest import signed_in
from tests.ops.seed import NOW


def test_everything_about_a_customer_stands_on_one_page(lively: TestClient, application: Application) -> None:
    with application.db.write() as session:
        session.add(
            PaymentMethod(
                id="pm_1", seen_at=NOW, seen_live=False, customer_id="cus_0051", type="card", brand="visa",
                last4="4242", exp_month=9, exp_year=2026,
            )
        )  # fmt: skip
        session.add(
            AssignmentRow(
                experiment="dunning:2026:0.2:minimal", customer_id="cus_0051", arm="minimal", propensity=0.2,
                assigned_at=NOW,
            )
        )  # fmt: skip
        session.add(
            Lapse(
                id="sub_old", customer_id="cus_0051", kind="voluntary", reason="too_expensive", running=False,
                ends_at=NOW - timedelta(days=90), plan="Solo", returned_at=NOW - timedelta(days=20),
                returned_how="page",
            )
        )  # fmt: skip
    page = signed_in(lively, Scope.OPERATE).get("/ops/customers/cus_0051").text
    for words in (
        "INV-2051", "Your payment did not go through", "Visa ending in 4242", "valid through 2026-09",
        "An event could not be processed", "dunning 2026", "by lot, 20 %", "too expensive", "came back",
    ):  # fmt: skip
        assert words in page, words
    assert "/ops/mails/mail_unknown" in page
    assert '<span class="chip chip-lost">ended</span>' in page


def test_a_customer_of_whom_little_is_known_has_a_page_too(
    lively: TestClient, application: Application
) -> None:
    page = signed_in(lively, Scope.READ).get("/ops/customers/cus_0001").text
    assert "No offer was made." in page
    assert 'id="cards-h"' not in page
