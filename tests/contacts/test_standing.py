"""What is gathered of a customer, for many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, PaymentState
from app.cases.service import open_case
from app.cases.standing import standing_of
from app.cases.states import CaseKind
from app.contacts import service
from app.contacts.repository import log_mail
from app.contacts.rules.policy import Terms
from app.contacts.rules.standing import Approach
from app.contacts.states import (
    AddresseeRole,
    Campaign,
    Channel,
    ConsentBasis,
    Flag,
    Purpose,
    SuppressionReason,
    SuppressionScope,
)
from app.contacts.telling import SecondPerson, Told, tell
from app.core import gates
from app.core.acts import OperatorAct
from app.core.db import Database
from app.experiments.rules import Assignment

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)
REMINDER = Approach(Campaign.DUNNING, Purpose.SERVICE)
WINBACK = Approach(Campaign.WINBACK, Purpose.MARKETING)


def person(key: str = "cus_1", email: str | None = "ada@example.com", **more: Any) -> CustomerState:
    return CustomerState(key, NOW, False, email=email, **more)


def start(session: Session) -> None:
    gates.register(session, public_url="https://a.example", provider_key=None, now=NOW)


def log(session: Session, customer: str, days_ago: float, *, counted: bool = True, **more: Any) -> None:
    at = NOW - days_ago * DAY
    log_mail(session, customer_id=customer, mail_id=f"m{at}", at=at, name="m", counted=counted, **more)
    session.flush()


def test_contacts_count_by_customer_and_by_address_within_the_week(database: Database) -> None:
    with database.write() as session:
        start(session)
        mine = service.hashed(session, "ada@example.com")
        log(session, "cus_1", 1)
        log(session, "cus_1", 1.5, counted=False)
        log(session, "cus_2", 2, address_hash=mine, campaign="winback")
        log(session, "cus_3", 3)
        log(session, "cus_1", 8)
        found = standing_of(session, [person()], [REMINDER], Terms(), now=NOW)["cus_1"]
        assert found.contacts == (NOW - 2 * DAY, NOW - DAY)
        besides = standing_of(session, [person()], [REMINDER], Terms(), now=NOW, besides=f"m{NOW - DAY}")
        assert besides["cus_1"].contacts == (NOW - 2 * DAY,)


def test_a_campaign_that_wrote_to_the_address_as_another_customer_is_known_for_a_year(
    database: Database,
) -> None:
    with database.write() as session:
        start(session)
        mine = service.hashed(session, "ada@example.com")
        log(session, "cus_2", 100, address_hash=mine, campaign="winback")
        log(session, "cus_2", 400, address_hash=mine, campaign="survey")
        log(session, "cus_1", 9, address_hash=mine, campaign="loyalty")
        found = standing_of(session, [person()], [WINBACK], Terms(), now=NOW)["cus_1"]
        assert found.as_another == {Campaign.WINBACK}


def test_facts_suppressions_consents_cases_and_disputes_come_together(database: Database) -> None:
    with database.write() as session:
        start(session)
        dispute = PaymentState(
            "pi_1", NOW, False, customer_id="cus_1", dispute_id="dp_1", dispute_status="open"
        )
        billing.save(session, [dispute])
        open_case(
            session,
            kind=CaseKind.DUNNING,
            customer_id="cus_1",
            category="hard",
            opened_at=NOW,
            policy_version="v",
            given=Assignment("dunning:2026:0", "treated", 1.0),
        )
        service.suppress(
            session, "ada@example.com", SuppressionScope.ALL, SuppressionReason.HARD_BOUNCE, "ses", NOW
        )
        service.record_consent(
            session,
            basis=ConsentBasis.CONSENT,
            source="api",
            proof="p",
            given_at=NOW,
            now=NOW,
            customer_id="cus_1",
        )
        told = Told(
            places={"language": "de"},
            channels={Channel.CALL: False, Channel.POST: True},
            flags={Flag.VIP: True},
        )
        tell(session, "cus_1", told, who="crm", why=None, now=NOW)
        found = standing_of(
            session, [person(country="de"), person("cus_2", None)], [REMINDER, WINBACK], Terms(), now=NOW
        )
        ada, ben = found["cus_1"], found["cus_2"]
        assert (ada.flags, ada.closed_channels) == (frozenset({Flag.VIP}), frozenset({Channel.CALL}))
        assert [s.reason for s in ada.suppressions] == [SuppressionReason.HARD_BOUNCE]
        assert [c.proof for c in ada.consents] == ["p"]
        assert (ada.open_campaigns, ada.disputing) == (frozenset({Campaign.DUNNING}), True)
        assert (ada.place.language.tag, ada.place.zone.name, ada.place.country) == (
            "de",
            "Europe/Berlin",
            "DE",
        )
        assert (ben.flags, ben.suppressions, ben.consents, ben.disputing) == (frozenset(), (), (), False)


def test_old_suppressions_are_known_after_the_statement_or_by_configuration(database: Database) -> None:
    with database.write() as session:
        start(session)

        def known(terms: Terms) -> bool:
            return standing_of(session, [person()], [WINBACK], terms, now=NOW)[
                "cus_1"
            ].house.suppressions_known

        strict = Terms()
        stated = Terms(strict.policy.model_copy(update={"no_old_suppressions": True}))
        assert (known(strict), known(stated)) == (False, True)
        service.declare_suppressions(session, now=NOW)
        assert known(strict)


def test_what_is_told_is_merged_and_each_change_is_an_act_without_addresses(database: Database) -> None:
    with database.write() as session:
        start(session)
        ben = SecondPerson("ben@example.com", "Ben")
        tell(
            session,
            "cus_1",
            Told(flags={Flag.VIP: True}, usage={"seats": 3}, addressees={AddresseeRole.FINANCE: ben}),
            who="crm",
            why="signed",
            now=NOW,
        )
        tell(session, "cus_1", Told(), who="crm", why=None, now=NOW)  # nothing new: no act
        row = tell(
            session,
            "cus_1",
            Told(flags={Flag.VIP: False, Flag.TEST: True}, usage={"logins": 9}),
            who="crm",
            why=None,
            now=NOW,
        )
        assert (row.flags, row.usage) == (["test"], {"seats": 3, "logins": 9})
        acts = session.query(OperatorAct).order_by(OperatorAct.id).all()
        assert [a.why for a in acts] == ["signed", None]
        assert (acts[1].before, acts[1].after) == (
            {"flags": ["vip"], "usage": {"seats": 3}},
            {"flags": ["test"], "usage": {"seats": 3, "logins": 9}},
        )
        assert "ben@example.com" not in str([a.after for a in acts])
