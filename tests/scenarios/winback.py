"""What the stories about win-back share: a merchant who is ready for it, and somebody who leaves."""

from __future__ import annotations

from typing import Any

from app.cases.models import Case, Step
from app.configuration import Configuration
from app.contacts.rules.policy import ContactPolicy
from app.core.brand import Brand
from app.experiments.policy import ExperimentPolicy
from app.offers.rules.policy import Offer
from app.winback.models import Lapse
from app.winback.rules.policy import WinbackPolicy
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary

FREE_MONTH: dict[str, Any] = {"kind": "free_months", "months": 1}
READY: dict[str, Any] = {"postal_address": "Acme, 1 Main Street, Springfield"}
"""A setting without which no marketing leaves."""


def inviting(
    offers: dict[str, dict[str, Any]] | None = None, *, holdout_share: float = 0, **policy: Any
) -> Configuration:
    """A reclaim.toml that invites people back; old suppressions are declared to be none."""
    named = offers or {}
    return Configuration(
        brand=Brand(name="Acme"),
        contacts=ContactPolicy(no_old_suppressions=True),
        offers={name: Offer(**offer) for name, offer in named.items()},
        winback=WinbackPolicy(**({"enabled": True, "offers": list(named)} | policy)),
        experiments=ExperimentPolicy(holdout_share=holdout_share),
    )


def leave(diary: Diary, someone: Subscriber, *, at_once: bool = True, feedback: str | None = None) -> None:
    """They cancel by the merchant's own ways, at once or with the paid time."""
    told: dict[str, Any] = {"cancellation_details": {"feedback": feedback}} if feedback else {}
    if at_once:
        diary.merchant.subscriptions.cancel(someone.subscription, told)  # type: ignore[arg-type]
    else:
        wanted = {"cancel_at_period_end": True, **told}
        diary.merchant.subscriptions.update(someone.subscription, wanted)  # type: ignore[arg-type]
    diary.tick()


def subscribe_anew(diary: Diary, customer: str, amount: int = 2900) -> str:
    """They subscribe by another way than ours; the new subscription."""
    price = diary.merchant.prices.create(
        {
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Pro"},
        }
    )
    made = diary.merchant.subscriptions.create({"customer": customer, "items": [{"price": price.id}]})
    diary.tick()
    return made.id


def lapses(diary: Diary) -> list[Lapse]:
    with diary.application.db.read() as session:
        return list(session.query(Lapse).order_by(Lapse.ends_at, Lapse.id))


def the_lapse(diary: Diary) -> Lapse:
    (row,) = lapses(diary)
    return row


def sequences(diary: Diary) -> list[Case]:
    return [c for c in diary.cases() if c.kind == "winback"]


def the_sequence(diary: Diary) -> Case:
    (case,) = sequences(diary)
    return case


def steps(diary: Diary, case: Case) -> list[Step]:
    with diary.application.db.read() as session:
        return list(session.query(Step).filter(Step.case_id == case.id).order_by(Step.due_at))


def invitations(diary: Diary) -> list[tuple[str, str]]:
    """The invitations that left: `(day, template)`."""
    return [(day, name) for day, name in diary.sent() if name.startswith("winback_")]
