"""Somebody who left, was written to, and stands before the return page."""

from __future__ import annotations

import re
from typing import Any

from httpx2 import Response

from app.cancellation.rules.policy import CancellationPolicy
from app.cases.models import Case
from app.configuration import Configuration
from app.contacts.rules.policy import ContactPolicy
from app.core.brand import Brand
from app.offers.models import Grant
from app.offers.rules.policy import Offer
from app.outbox.models import Action
from app.winback.models import Lapse, ReturnSession
from app.winback.rules.policy import WinbackPolicy
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary

ADDRESS = "Acme Ltd\n1 Main Street\nSpringfield"
CARD = "4242424242424242"
HALF_PRICE: dict[str, Any] = {"kind": "percent_off", "percent": 50, "months": 3}
FREE_MONTHS: dict[str, Any] = {"kind": "free_months", "months": 2}
UPGRADE: dict[str, Any] = {
    "kind": "upgrade",
    "months": 2,
    "price": "price_team",
    "plan_name": "Team plan",
    "features": ["reports"],
}


def inviting(offers: dict[str, dict[str, Any]] | None = None, **policy: Any) -> Configuration:
    """A reclaim.toml that invites people back, by default with half the price for three months."""
    catalogue = {"half": HALF_PRICE} if offers is None else offers
    return Configuration(
        brand=Brand(name="Acme", website="https://acme.example"),
        cancellation=CancellationPolicy(ask_after_leaving=False),
        # In France an offer may follow a cancellation at once; the consent that it asks is not what is told here.
        contacts=ContactPolicy(no_old_suppressions=True, opt_out_countries=["US", "FR"]),
        offers={name: Offer(**offer) for name, offer in catalogue.items()},
        winback=WinbackPolicy(**({"enabled": True, "offers": list(catalogue)} | policy)),
    )


SETTINGS: dict[str, Any] = {"postal_address": ADDRESS}


class Returning:
    """One person who left, and what the page says to them."""

    def __init__(self, diary: Diary, someone: Subscriber) -> None:
        self.diary, self.someone = diary, someone

    @property
    def path(self) -> str:
        """The link in the newest mail."""
        found = re.search(r"http://testserver(/return/\S+)", self.diary.mailbox.text())
        assert found, self.diary.mailbox.subjects()
        return found[1]

    def look(self, query: str = "", path: str | None = None) -> str:
        answer = self.diary.web.get((path or self.path) + query)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def post(self, do: str = "return", path: str | None = None, **fields: str) -> Response:
        """One press of the page as it stands, without following where it leads."""
        path = path or self.path
        found = re.search(r'name="offer" value="([^"]*)"', self.look(path=path))
        fields = {"offer": found[1] if found else ""} | fields
        return self.diary.web.post(path, data={"do": do} | fields)

    def checkout(self, path: str | None = None) -> str:
        """On to the provider's page; its address."""
        answer = self.post(path=path)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def buy(self, page: str) -> str:
        """Fill in the provider's page; the path where one lands."""
        landed = self.diary.sandbox.use_card(page, CARD)
        self.diary.tick()
        return landed.removeprefix("http://testserver")

    def case(self) -> Case:
        with self.diary.application.db.read() as session:
            found = session.query(Case).filter(Case.kind == "winback").order_by(Case.opened_at.desc())
            case = found.first()
        assert case is not None
        return case

    def lapse(self) -> Lapse:
        with self.diary.application.db.read() as session:
            return session.get_one(Lapse, self.someone.subscription)

    def grants(self) -> list[Grant]:
        with self.diary.application.db.read() as session:
            return list(session.query(Grant).order_by(Grant.shown_at, Grant.id))

    def sessions(self) -> list[ReturnSession]:
        with self.diary.application.db.read() as session:
            return list(session.query(ReturnSession).order_by(ReturnSession.created_at, ReturnSession.id))

    def actions(self) -> list[tuple[str, str]]:
        with self.diary.application.db.read() as session:
            return [(a.name, a.state) for a in session.query(Action).order_by(Action.created_at)]

    def page_of(self, url: str) -> dict[str, Any]:
        """The provider's session behind an address."""
        return self.diary.sandbox.get("checkout.session", url.rsplit("/", 1)[1].partition("?")[0])


def invited(diary: Diary, **wanted: Any) -> Returning:
    """An American subscriber who paid once more, cancelled at once, and got the first mail a month later."""
    someone = diary.subscriber(**({"country": "US"} | wanted))
    diary.until("2026-04-02T10:00:00")
    diary.merchant.subscriptions.cancel(someone.subscription)
    diary.tick()
    diary.days(36)
    assert diary.mailbox.mails, "nobody was written to"
    return Returning(diary, someone)
