"""A subscriber at the cancel page: links, presses, and what the page then says."""

from __future__ import annotations

import re
from typing import Any

from httpx2 import Response

from app.cancellation.models import CancelVisit
from app.cancellation.rules.policy import CancellationPolicy
from app.configuration import Configuration
from app.core.brand import Brand
from app.core.links import LinkPurpose, LinkSubject
from app.experiments.policy import ExperimentPolicy
from app.offers.models import Grant
from app.offers.rules.policy import Offer
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary

FREE_MONTH: dict[str, Any] = {"kind": "free_months", "months": 1}
HALF_PRICE: dict[str, Any] = {"kind": "percent_off", "percent": 50, "months": 3}
PAUSE: dict[str, Any] = {"kind": "pause", "months": 1}
TALK: dict[str, Any] = {"kind": "talk"}


def offering(
    offers: dict[str, dict[str, Any]],
    reasons: dict[str, list[str]] | None = None,
    *,
    holdout_share: float = 0,
    **policy: Any,
) -> Configuration:
    """A reclaim.toml with these offers; by default "too expensive" leads to all of them in their order."""
    leads = reasons if reasons is not None else {"too_expensive": list(offers)}
    told = {reason: {"offers": names} for reason, names in leads.items()}
    return Configuration(
        brand=Brand(name="Acme"),
        offers={name: Offer(**offer) for name, offer in offers.items()},
        cancellation=CancellationPolicy(**({"reasons": told} | policy)),
        experiments=ExperimentPolicy(holdout_share=holdout_share),
    )


class Leaving:
    """One person with one subscription. `at` is the address of the page they see."""

    def __init__(self, diary: Diary, someone: Subscriber) -> None:
        self.diary, self.someone = diary, someone
        make_known(diary, someone)
        self.path = diary.application.cancel_link(someone.customer, someone.subscription).removeprefix(
            "http://testserver"
        )
        self.at = self.path

    def look(self) -> str:
        """What the page says now."""
        answer = self.diary.web.get(self.at)
        assert answer.status_code in (200, 410), answer.text
        return answer.text

    def post(self, do: str, **fields: str) -> Response:
        """One press, without following where it leads."""
        return self.diary.web.post(self.at, data={"do": do} | fields)

    def press(self, do: str, **fields: str) -> str:
        """One press; the page that follows."""
        answer = self.post(do, **fields)
        assert answer.status_code == 303, answer.text
        self.at = str(answer.headers["location"])
        return self.look()

    def visits(self) -> list[CancelVisit]:
        with self.diary.application.db.read() as session:
            return list(session.query(CancelVisit).order_by(CancelVisit.started_at, CancelVisit.id))

    def grants(self) -> list[Grant]:
        with self.diary.application.db.read() as session:
            return list(session.query(Grant).order_by(Grant.shown_at, Grant.id))

    @property
    def subscription(self) -> dict[str, Any]:
        return self.diary.sandbox.get("subscription", self.someone.subscription)


def make_known(diary: Diary, someone: Subscriber) -> None:
    """Reclaim reads the customer and their subscription, as an import of history does."""
    application = diary.application
    assert application.reads is not None
    for kind, key in (("customer", someone.customer), ("subscription", someone.subscription)):
        seen = application.reads.fetch(kind, key)
        assert seen is not None
        application.upkeep.store_live(seen, f"{kind}.updated", diary.now)
    diary.tick()


def headline(html: str) -> str:
    """The page's first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.S)
    assert found, html
    return found[1].strip()


def link_for(diary: Diary, purpose: LinkPurpose, customer: str, subject: str) -> str:
    return f"/cancel/{diary.application.links.sign(purpose, LinkSubject(customer, subject, 0))}"
