"""Cases of people who want to leave, with visits, offers and payments, made by plain functions."""

from __future__ import annotations

from typing import Any

from app.billing.models import Customer, Invoice, Subscription
from app.campaigns.models import CampaignVersion
from app.cancellation.models import CancelVisit
from app.cancellation.rules.policy import CancellationPolicy
from app.cases.models import Case
from app.core.db import Database
from app.offers.models import Grant
from tests.stats.factories import NOW, day

POLICY = "v1"
PERIOD = "cancellation:2026:0.2:no_offer"
"""One in which a fifth of the customers is offered nothing."""


def remember_policy(db: Database) -> None:
    """The version under which every case here began: `moved` is structural, as by default."""
    told = {"cancellation": CancellationPolicy().model_dump(mode="json")}
    with db.write() as session:
        session.add(CampaignVersion(id=POLICY, kind="cancellation", definition=told, created_at=NOW))


def subscriber(
    db: Database, name: str, *, price: str = "price_team", currency: str = "usd", **fields: Any
) -> None:
    """A customer with one subscription."""
    item = {"price_id": price, "currency": currency, "label": "Team plan" if price == "price_team" else None}
    status = {"status": "active", "paused_collection": False, "forces_three_d_secure": False, "items": [item]}
    seen = {"seen_at": NOW, "seen_live": False}
    with db.write() as session:
        session.add(Customer(id=f"cus_{name}", currency=currency, delinquent=False, deleted=False, **seen))
        session.add(Subscription(id=f"sub_{name}", customer_id=f"cus_{name}", **(status | seen | fields)))


def leaver(
    db: Database,
    name: str,
    opened: str,
    outcome: str | None,
    *,
    visits: int = 1,
    case: str = "",
    **fields: Any,
) -> None:
    """A case with its visits. Unnamed fields: too expensive, under STRICT, in the arm `standard` of two."""
    preset = fields.pop("preset", "STRICT")
    drawn = {"experiment": PERIOD, "experiment_arm": "standard", "propensity": 0.8}
    told = {"category": "too_expensive"} | drawn | fields
    key = f"case_{name}{case}"
    with db.write() as session:
        session.add(
            Case(
                id=key,
                kind="cancellation",
                customer_id=f"cus_{name}",
                subject_id=f"sub_{name}",
                state="closed" if outcome else "open",
                outcome=outcome,
                opened_at=day(opened),
                policy_version=POLICY,
                details={},
                **told,
            )
        )
        session.flush()
        for number in range(1, visits + 1):
            session.add(
                CancelVisit(
                    id=f"visit_{name}{case}_{number}",
                    case_id=key,
                    number=number,
                    customer_id=f"cus_{name}",
                    subscription_id=f"sub_{name}",
                    entry="page",
                    preset=preset if number == visits else "OPEN",
                    preset_version=1,
                    place_source="none",
                    locale="en",
                    screen="start",
                    refused={},
                    started_at=day(opened),
                )
            )


def grant(db: Database, name: str, shown: str, state: str, **fields: Any) -> None:
    """An offer to a leaver: by default half off three months of 29.00, 43.50 in all. Days by `day`."""
    at = {k: day(v) for k, v in fields.items() if k.endswith("_at")}
    terms = {"price_minor": 2900, "charged_minor": 1450, "saved_minor": 4350} | fields.pop("terms", {})
    row: dict[str, Any] = {
        "offer": "half",
        "kind": "percent_off",
        "arm": "standard",
        "reason": "too_expensive",
        "preset": "STRICT",
        "currency": "usd",
        "cost_minor": 4350,
        "booked_month": shown[:7] if "accepted_at" in fields and state != "failed" else None,
    }
    case = fields.pop("case", "")
    with db.write() as session:
        session.add(
            Grant(
                id=f"grant_{name}{case}",
                case_id=f"case_{name}{case}",
                customer_id=f"cus_{name}",
                subscription_id=f"sub_{name}",
                offer_version="1",
                state=state,
                given_by="page",
                terms=terms,
                shown_at=day(shown),
                expires_at=day(shown),
                **(row | fields | at),
            )
        )


def paid(db: Database, name: str, number: int, on: str, amount: int, **fields: Any) -> None:
    """A renewal that was paid an hour after it was made."""
    row: dict[str, Any] = {
        "currency": "usd",
        "billing_reason": "subscription_cycle",
        "price_id": "price_team",
        "label": "Team plan",
        "refunded_minor": 0,
    }
    with db.write() as session:
        session.add(
            Invoice(
                id=f"in_{name}_{number}",
                seen_at=NOW,
                seen_live=False,
                customer_id=f"cus_{name}",
                subscription_id=f"sub_{name}",
                status="paid",
                amount_due_minor=amount,
                amount_paid_minor=amount,
                amount_remaining_minor=0,
                attempt_count=1,
                created_at=day(on),
                paid_at=day(f"{on}T01:00"),
                paid_out_of_band=False,
                needs_action=False,
                **(row | fields),
            )
        )


def a_spring(db: Database) -> None:
    """Nine cases of which every number can be told by hand (see test_cancellations.py and test_offers.py)."""
    remember_policy(db)
    for name in "abcdefg":
        subscriber(db, name)
    subscriber(db, "h", price="price_solo", currency="eur")
    # a: saved by half off three months, kept at 30 days, the rest pending. A visit before, abandoned.
    leaver(db, "a", "2026-01-05", "abandoned", case="_0")
    leaver(db, "a", "2026-02-01", "saved", visits=2)
    grant(db, "a", "2026-02-01", "applied", accepted_at="2026-02-01", applied_at="2026-02-01",
          full_charge_at="2026-05-04", full_paid_at="2026-05-04T01:00", outcome_30="kept")  # fmt: skip
    paid(db, "a", 0, "2026-01-04", 2900)  # before
    for number, month in enumerate(("02", "03", "04"), start=1):
        paid(db, "a", number, f"2026-{month}-04", 1450)
    paid(db, "a", 4, "2026-05-04", 2900, refunded_minor=900)
    paid(db, "a", 5, "2026-06-04", 2900)
    # b: saved, and left before the full price: left at every milestone. One discounted renewal, disputed and lost.
    leaver(db, "b", "2026-02-10", "saved", preset="DE")
    grant(db, "b", "2026-02-10", "left", accepted_at="2026-02-10", applied_at="2026-02-10", preset="DE",
          full_charge_at="2026-05-12", outcome_30="left", outcome_60="left", outcome_90="left")  # fmt: skip
    paid(db, "b", 1, "2026-02-12", 1450, disputed_at=day("2026-02-20"), dispute_status="lost")
    paid(db, "b", 2, "2026-03-12", 1450)
    # c: accepted, and the provider refused; then cancelled. Nothing is saved, nothing is booked.
    leaver(db, "c", "2026-02-28T23:59", "cancelled")
    grant(db, "c", "2026-02-28", "failed", accepted_at="2026-02-28")
    # d: declined and cancelled; e: a talk, which is never "in place"; f: cancelled elsewhere, without a visit.
    leaver(db, "d", "2026-03-01", "cancelled", category="moved")
    grant(db, "d", "2026-03-01", "declined", reason="moved", offer="pause", kind="pause",
          cost_minor=0, terms={"charged_minor": 0, "saved_minor": 0})  # fmt: skip
    leaver(db, "e", "2026-03-02", "abandoned", category="poor_service")
    grant(db, "e", "2026-03-02", "applied", accepted_at="2026-03-02", applied_at="2026-03-02", offer="talk",
          kind="talk", reason="poor_service", cost_minor=0, terms={"saved_minor": 0})  # fmt: skip
    leaver(db, "f", "2026-03-03", "cancelled", visits=0, category="elsewhere")
    leaver(db, "g", "2026-03-04", "manual", category="unasked")
    # h: in euros: a higher plan in place, its cost in no invoice; 10.00 paid.
    leaver(db, "h", "2026-03-05", "saved", category="missing_feature")
    grant(db, "h", "2026-03-05", "kept", accepted_at="2026-03-05", applied_at="2026-03-05", offer="pro",
          kind="upgrade", reason="missing_feature", currency="eur", cost_minor=600, full_charge_at="2026-03-06",
          full_paid_at="2026-03-06", outcome_30="kept", outcome_60="kept", outcome_90="kept",
          terms={"charged_minor": 2900, "saved_minor": 0})  # fmt: skip
    paid(db, "h", 1, "2026-03-06", 1000, currency="eur", price_id="price_solo", label="Solo")
    paid(db, "h", 2, "2026-06-06", 1000, currency="eur", price_id="price_solo", label="Solo")  # after 90 days
