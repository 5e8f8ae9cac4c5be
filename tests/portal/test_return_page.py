"""The return page: what it says to whom, what a press does, and what looking at it does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.cases.models import TimelineEntry
from app.core.db import Base, Database
from app.core.links import LIFETIMES, LinkPurpose, LinkSubject
from app.outbox.models import Task
from tests.integrations.mail.callbacks.bodies import RESEND_SECRET, resend, resend_headers
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.leaving import headline, make_known
from tests.scenarios.offered import break_next
from tests.scenarios.returning import SETTINGS, Returning, invited, inviting
from tests.scenarios.test_staff_sees import ask

pytestmark = pytest.mark.same_on_both


def counted(diary: Diary) -> dict[str, int]:
    """The rows of every table."""
    with diary.application.db.read() as session:
        return {
            t.name: session.scalar(select(func.count()).select_from(t)) or 0
            for t in Base.metadata.sorted_tables
        }


def tasks(diary: Diary) -> list[str]:
    with diary.application.db.read() as session:
        return [t.title for t in session.query(Task).order_by(Task.created_at)]


def new_price(diary: Diary, ada: Returning, amount: int, **more: Any) -> str:
    price = diary.merchant.prices.create(
        {
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Pro plan 2026"},
            **more,  # type: ignore[typeddict-item]
        }
    )
    diary.merchant.prices.update(ada.someone.price, {"active": False})
    return price.id


def test_looking_changes_nothing_and_starts_nothing(database: Database) -> None:
    """Edge case 46: mail scanners open every link."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        before = counted(diary)
        for _ in range(3):
            assert "50% off for 3 months" in ada.look()
            assert diary.web.head(ada.path).status_code == 200
            assert diary.web.options(ada.path).status_code == 204
        assert counted(diary) == before
        assert list(diary.sandbox.state.rows("checkout.session")) == []
        assert ada.case().details.get("clicks") is None


def test_an_old_link_tells_that_the_offer_is_over_and_where_the_normal_price_is(database: Database) -> None:
    """Edge case 47."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        path = invited(diary).path
        lifetime = LIFETIMES[LinkPurpose.RETURN]
        assert lifetime is not None
        diary.application.test_clock.set(diary.now + lifetime + timedelta(days=1))
        for answer in (diary.web.get(path), diary.web.post(path, data={"do": "return", "offer": "half"})):
            assert (answer.status_code, headline(answer.text)) == (410, "This offer is over")
            assert "at the normal price" in answer.text
            assert "https://acme.example" in answer.text
        assert list(diary.sandbox.state.rows("checkout.session")) == []


def test_forged_links_and_links_of_another_kind_lead_nowhere(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        case, links = ada.case(), diary.application.links
        right = LinkSubject(case.customer_id, case.id, case.link_epoch)
        tokens = [
            ada.path.removeprefix("/return/")[:-2],
            links.sign(LinkPurpose.CARD, right),
            links.sign(LinkPurpose.RETURN, LinkSubject("cus_eve", case.id, 0)),
            links.sign(LinkPurpose.RETURN, LinkSubject(case.customer_id, case.id, case.link_epoch + 1)),
            links.sign(LinkPurpose.RETURN, LinkSubject(case.customer_id, "case_none", 0)),
        ]
        for token in tokens:
            assert diary.web.get(f"/return/{token}").status_code == 404
            assert diary.web.post(f"/return/{token}", data={"do": "return"}).status_code == 404


def test_a_form_of_another_site_does_nothing(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        before = counted(diary)
        answer = diary.web.post(
            ada.path, data={"do": "return", "offer": "half"}, headers={"Origin": "https://evil.example"}
        )
        assert (answer.status_code, counted(diary)) == (403, before)


def test_a_forwarded_link_opens_the_customers_own_checkout_with_a_code_that_is_theirs(
    database: Database,
) -> None:
    """Edge case 48: whoever presses, the page is for this customer, and nobody else can redeem the code."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        page = ada.page_of(ada.checkout())
        (code,) = diary.sandbox.state.rows("promotion_code")
        assert (page["customer"], code["customer"]) == (ada.someone.customer, ada.someone.customer)
        assert (page["discounts"][0]["promotion_code"], code["max_redemptions"]) == (code["id"], 1)
        assert (page["customer_email"], page["amount_total"]) == (None, 1450)


def test_terms_that_are_not_those_of_the_page_are_not_acted_on(database: Database) -> None:
    """Edge case 4: the offer is the server's; a form that names another one leads back to the page."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        for offer in ("", "everything_free"):
            assert ada.post(offer=offer).headers["location"] == ada.path
        assert ada.grants() == []
        assert list(diary.sandbox.state.rows("checkout.session")) == []


def test_the_successor_is_offered_where_the_old_price_is_gone(database: Database) -> None:
    """Edge case 49."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        successor = new_price(diary, ada, 3900)
        policy = diary.application.setup.winback
        object.__setattr__(policy, "successors", {ada.someone.price: successor})
        page = ada.look()
        assert "Your earlier plan is no longer sold. This one has taken its place." in page
        assert "Pro plan 2026" in page
        assert "$19.50" in page
        ada.buy(ada.checkout())
        row = ada.sessions()[0]
        items = diary.sandbox.get("subscription", row.subscription_id or "")["items"]["data"]
        assert (items[0]["price"]["id"], ada.case().outcome) == (successor, "returned")


@pytest.mark.slow
def test_without_a_successor_nothing_is_sold_and_a_person_is_told_once(database: Database) -> None:
    """Edge case 49."""
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        new_price(diary, ada, 3900)
        page = ada.look()
        assert headline(page) == "Your earlier plan is no longer sold"
        assert "50%" not in page
        assert tasks(diary) == []
        for _ in range(2):
            assert ada.post().headers["location"] == ada.path
        assert headline(ada.look()) == "Thank you, we write to you"
        assert tasks(diary) == ["A customer wants to return, and their plan is no longer sold"]
        assert ada.grants() == []


def test_a_provider_that_is_down_is_told_of_and_nothing_is_lost(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        break_next(diary, "500", "/v1/prices", count=9, method="GET")
        assert "50% off for 3 months" in ada.look()
        diary.sandbox.control("DELETE", "api/faults")
        break_next(diary, "500", "/v1/checkout/sessions", count=9)
        answer = ada.post()
        assert (answer.status_code, headline(answer.text)) == (503, "Please try again in a moment")
        assert answer.headers["retry-after"]
        diary.sandbox.control("DELETE", "api/faults")
        ada.buy(ada.checkout())
        assert (ada.case().outcome, len(ada.grants())) == ("returned", 1)


@pytest.mark.slow
def test_who_is_not_interested_hears_no_more(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        assert ada.post("no").headers["location"] == ada.path
        page = ada.look()
        assert headline(page) == "We do not write about this again"
        assert "50%" not in page
        assert ada.page_of(ada.checkout())["amount_total"] == 2900
        before = len(diary.mailbox.mails)
        diary.days(120)
        assert len(diary.mailbox.mails) == before


@pytest.mark.slow
def test_where_a_payment_is_open_the_card_page_is_the_way(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        path = ada.path
        diary.merchant.subscriptions.create(
            {"customer": ada.someone.customer, "items": [{"price": ada.someone.price}]}
        )
        diary.sandbox.decline(ada.someone.payment_method, "lost_card")
        diary.days(32)
        assert headline(ada.look(path=path)) == "A payment is still open"
        assert "/card/" in ada.post(path=path).headers["location"]


def clicked_in_the_mail(diary: Diary, link: str, id_: str) -> None:
    body = resend("email.clicked", to=["ada@example.com"], email_id=None, click={"link": link})
    headers = {k.decode(): v.decode() for k, v in resend_headers(body, id_=id_).items()}
    assert diary.web.post("/webhooks/mail/resend", content=body, headers=headers).status_code == 200
    diary.tick()


def test_the_mail_providers_click_on_the_way_back_is_a_click_and_another_link_is_none(
    database: Database,
) -> None:
    """Scanners open everything, so an opening counts for nothing; a click is the provider's own word."""
    with open_diary(database, config=inviting(), resend_webhook_secrets=RESEND_SECRET, **SETTINGS) as diary:
        ada = invited(diary)
        clicked_in_the_mail(diary, "http://testserver/unsubscribe/a-token", "msg_1")
        assert ada.case().details.get("clicks") is None
        clicked_in_the_mail(diary, f"http://testserver{ada.path}", "msg_2")
        assert [c["by"] for c in ada.case().details["clicks"]] == ["mail"]


def test_the_merchants_backend_gets_a_link_to_the_page(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        wanted = {"purpose": "return", "customer": ada.someone.customer}
        answer = ask(diary, "POST", "/api/links", json=wanted)
        assert answer.status_code == 201, answer.text
        path = answer.json()["url"].removeprefix("http://testserver")
        assert headline(ada.look(path=path)) == "50% off for 3 months"
        other = diary.subscriber(email="eve@example.com")
        make_known(diary, other)
        refused = ask(diary, "POST", "/api/links", json=wanted | {"customer": other.customer})
        assert refused.status_code == 409


def test_every_press_is_kept_as_a_click_and_told_of_once(database: Database) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        ada = invited(diary)
        ada.checkout()
        ada.checkout()
        assert [c["by"] for c in ada.case().details["clicks"]] == ["page", "page"]
        with diary.application.db.read() as session:
            said = select(TimelineEntry.sentence).where(TimelineEntry.code == "clicked")
            assert session.scalars(said).all() == ["The customer followed the link (by page)."]
