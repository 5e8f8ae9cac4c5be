"""Withdrawing from a new contract: a statement, a button, an acknowledgement, and a person who refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.cancellation.declarations import Declaration
from app.core import gates
from app.core.links import LinkPurpose, LinkSubject
from app.outbox.models import Action, Mail, Task
from tests.portal.factories import NOW, PUBLIC_URL, FakeApplication, customer, dump

DAY = timedelta(days=1)
FILLED = {"name": "Jane Private", "email": "jane@elsewhere.example"}
NEW = SubscriptionState(
    "sub_1",
    NOW,
    False,
    customer_id="cus_1",
    status="active",
    created_at=NOW - 3 * DAY,
    items=[{"label": "Weekly letter"}],
)


def lives(application: FakeApplication, country: str | None = "AT", **more: Any) -> FakeApplication:
    with application.db.write() as session:
        billing.save(session, [customer(country=country, **more)])
        billing.save(session, [NEW])
    return application


@pytest.fixture
def known(application: FakeApplication) -> FakeApplication:
    with application.db.write() as session:
        gates.register(session, public_url=PUBLIC_URL, provider_key=None, now=NOW)
    return lives(application)


def link(application: FakeApplication, customer_id: str = "cus_1", subscription_id: str = "sub_1") -> str:
    subject = LinkSubject(customer_id, subscription_id, 0)
    return f"/withdraw/{application.links.sign(LinkPurpose.CANCEL, subject)}"


def all_of(application: FakeApplication, model: Any) -> list[Any]:
    with application.db.read() as session:
        return list(session.scalars(select(model)))


def test_looking_changes_nothing(known: FakeApplication) -> None:
    before = dump(known.db)
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        assert known.client().request(method, link(known)).status_code == status
    assert dump(known.db) == before


def test_a_withdrawal_is_stored_acknowledged_and_a_person_refunds(known: FakeApplication) -> None:
    """Directive 2011/83/EU art. 11a: content, date and time, on a durable medium. Nothing is refunded by itself."""
    html = known.client().post(link(known), data=FILLED).text
    assert "Your withdrawal is stored" in html
    assert "Wednesday, June 3, 2026, 12:00" in html
    (row,) = all_of(known, Declaration)
    assert (row.kind, row.state, row.received_at, row.subscription_id) == ("withdrawal", "task", NOW, "sub_1")
    assert row.content == FILLED | {"contract": "Weekly letter"}
    (task,) = all_of(known, Task)
    assert (task.kind, task.due_at) == ("refund_after_withdrawal", NOW + 14 * DAY)
    (mail,) = all_of(known, Mail)
    assert (mail.name, mail.to_address) == ("cancel_withdrawn", "jane@private.example")
    assert (mail.context["contract"], mail.context["received_at"]) == ("Weekly letter", NOW.isoformat())
    assert all_of(known, Action) == []


def test_twice_is_once(known: FakeApplication) -> None:
    """Edge case 34."""
    client = known.client()
    first = client.post(link(known), data=FILLED).text
    known.at = NOW + DAY
    assert client.post(link(known), data=FILLED | {"name": "Other"}).text == first
    assert client.get(link(known)).text == first
    for model in (Declaration, Task, Mail):
        assert len(all_of(known, model)) == 1


def test_after_fourteen_days_it_is_closed(known: FakeApplication) -> None:
    """Concluded on Sunday 31 May: Sunday 14 June is the last day, so Monday counts as well."""
    client = known.client()
    known.at = NOW + 12 * DAY + timedelta(hours=11, minutes=59)  # Monday 23:59 in Berlin is 21:59 UTC
    assert "Until Monday, June 15, 2026, 11:59" in client.get(link(known)).text
    known.at = NOW + 12 * DAY + timedelta(hours=12)
    assert "cannot be withdrawn from here" in client.get(link(known)).text
    assert client.post(link(known), data=FILLED).status_code == 410
    assert all_of(known, Declaration) == []


@pytest.mark.parametrize("country", ["US", "GB", "CH", None])
def test_elsewhere_there_is_no_such_right(application: FakeApplication, country: str | None) -> None:
    lives(application, country)
    assert "cannot be withdrawn from here" in application.client().get(link(application)).text
    assert application.client().post(link(application), data=FILLED).status_code == 410
    assert all_of(application, Declaration) == []


@pytest.mark.parametrize(
    ("country", "heading", "button"),
    [
        ("DE", '<span lang="de">Vertrag widerrufen</span>', ' lang="de" aria-describedby="means">Widerruf bestätigen<'),
        (
            "FR", '<span lang="fr">renoncer au contrat ici</span>',
            ' lang="fr" aria-describedby="means">confirmer la rétractation<',
        ),
        ("AT", "<h1>Withdraw from contract here</h1>", ">Confirm withdrawal<"),
    ],
)  # fmt: skip
def test_the_words_are_those_of_the_law(
    application: FakeApplication, country: str, heading: str, button: str
) -> None:
    html = lives(application, country).client().get(link(application)).text
    assert heading in html
    assert f'<button class="button" type="submit"{button}' in html


@pytest.mark.parametrize("left_out", ["name", "email"])
def test_a_statement_needs_a_name_and_an_address(known: FakeApplication, left_out: str) -> None:
    answer = known.client().post(link(known), data=FILLED | {left_out: ""})
    assert answer.status_code == 422
    assert f'id="{left_out}-missing"' in answer.text
    assert all_of(known, Declaration) == []


def test_a_link_is_for_one_customer_and_one_contract_of_theirs(known: FakeApplication) -> None:
    """Edge case 3."""
    with known.db.write() as session:
        billing.save(session, [replace(NEW, id="sub_2", customer_id="cus_2")])
    client = known.client()
    for path in (link(known, "cus_1", "sub_2"), link(known, "cus_2", "sub_1"), "/withdraw/forged"):
        assert client.get(path).status_code == 404
        assert client.post(path, data=FILLED).status_code == 404
    known.at = NOW + 15 * DAY
    later = known.client()
    known.at = NOW
    old = link(known)
    known.at = NOW + 15 * DAY
    assert later.get(old).status_code == 410
    assert all_of(known, Declaration) == []


def test_a_form_of_another_site_is_refused(known: FakeApplication) -> None:
    answer = known.client().post(link(known), data=FILLED, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert all_of(known, Declaration) == []


def test_without_an_address_on_file_the_page_is_the_proof(application: FakeApplication) -> None:
    lives(application, email=None)
    assert "Your withdrawal is stored" in application.client().post(link(application), data=FILLED).text
    assert all_of(application, Mail) == []
    assert len(all_of(application, Task)) == 1
