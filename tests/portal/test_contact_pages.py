"""Unsubscribe and preferences: GET shows, POST acts, once and for all, for whoever holds the link."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.billing import repository as billing
from app.contacts.models import Consent, CustomerFacts, Suppression
from app.contacts.service import suppress
from app.contacts.states import SuppressionReason, SuppressionScope
from app.core import gates
from app.core.i18n import Catalogues
from app.core.links import LinkPurpose, LinkSubject
from app.outbox.models import Mail
from app.portal.wishes import speak
from tests.feedback.factories import mail
from tests.portal.factories import BRAND, NOW, PUBLIC_URL, FakeApplication, customer, dump

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SUBJECT = LinkSubject("cus_1", "mail_1", 0)
ADDRESS = "ada@old.example"


@pytest.fixture
def known(application: FakeApplication) -> FakeApplication:
    """A customer to whose former address an invitation went."""
    with application.db.write() as session:
        gates.register(session, public_url=PUBLIC_URL, provider_key=None, now=NOW)
        billing.save(session, [customer()])
        session.add(mail(to_address=ADDRESS, stream="marketing", campaign="winback"))
    return application


def link(application: FakeApplication, purpose: LinkPurpose, subject: LinkSubject = SUBJECT) -> str:
    return f"/{purpose}/{application.links.sign(purpose, subject)}"


def in_force(application: FakeApplication) -> list[tuple[str, str, str]]:
    with application.db.read() as session:
        rows = session.scalars(select(Suppression).where(Suppression.lifted_at.is_(None)))
        return [(s.scope, s.reason, s.source) for s in rows]


def test_looking_changes_nothing(known: FakeApplication) -> None:
    before = dump(known.db)
    for purpose in (LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES):
        for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
            assert known.client().request(method, link(known, purpose)).status_code == status
    assert dump(known.db) == before


@pytest.mark.parametrize("as_", ["form", "multipart", "empty", "button"])
def test_one_click_of_a_mail_program_unsubscribes_without_a_redirect_or_a_cookie(
    known: FakeApplication, as_: str
) -> None:
    """RFC 8058: no page before it, no Origin, no cookie; both ways to send a form are allowed."""
    client, path = known.client(), link(known, LinkPurpose.UNSUBSCRIBE)
    sent = {
        "form": lambda: client.post(path, data=ONE_CLICK),
        "multipart": lambda: client.post(path, files={"List-Unsubscribe": (None, "One-Click")}),
        "empty": lambda: client.post(path),
        "button": lambda: client.post(path, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}),
    }[as_]()
    assert sent.status_code == 200
    assert "You are unsubscribed" in sent.text
    assert "set-cookie" not in sent.headers
    assert in_force(known) == [("marketing", "unsubscribe", "customer")]


def test_unsubscribing_again_is_the_same(known: FakeApplication) -> None:
    client, path = known.client(), link(known, LinkPurpose.UNSUBSCRIBE)
    for _ in range(3):
        assert client.post(path, data=ONE_CLICK).status_code == 200
    assert in_force(known) == [("marketing", "unsubscribe", "customer")]
    with known.db.read() as session:
        assert session.get_one(Mail, "mail_1").unsubscribed_at == NOW
    assert "You are unsubscribed" in client.get(path).text


def test_the_link_never_expires_and_stands_for_the_address_its_mail_went_to(known: FakeApplication) -> None:
    path = link(known, LinkPurpose.UNSUBSCRIBE)
    known.at = NOW.replace(year=2036)
    assert known.client().post(path).status_code == 200
    with known.db.write() as session:
        again = suppress(
            session, ADDRESS, SuppressionScope.MARKETING, SuppressionReason.UNSUBSCRIBE, "x", known.at
        )
        assert again.source == "customer"


def test_once_the_mail_is_forgotten_the_customers_present_address_is_meant(known: FakeApplication) -> None:
    with known.db.write() as session:
        session.delete(session.get_one(Mail, "mail_1"))
    assert known.client().post(link(known, LinkPurpose.UNSUBSCRIBE)).status_code == 200
    with known.db.write() as session:
        again = suppress(
            session,
            str(customer().email),
            SuppressionScope.MARKETING,
            SuppressionReason.UNSUBSCRIBE,
            "x",
            NOW,
        )
        assert again.source == "customer"


def test_a_person_of_whom_nothing_is_left_is_still_told_that_it_is_done(application: FakeApplication) -> None:
    assert application.client().post(link(application, LinkPurpose.UNSUBSCRIBE)).status_code == 200


def test_a_link_opens_only_what_it_was_made_for(known: FakeApplication) -> None:
    token = known.links.sign(LinkPurpose.PREFERENCES, SUBJECT)
    card = known.links.sign(LinkPurpose.CARD, SUBJECT)
    client = known.client()
    for path in (f"/unsubscribe/{token}", f"/preferences/{card}", "/unsubscribe/forged", "/preferences/"):
        for method in ("GET", "POST"):
            assert client.request(method, path).status_code == 404
    assert in_force(known) == []


def test_a_link_shows_no_name_and_no_address(known: FakeApplication) -> None:
    for purpose in (LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES):
        html = known.client().get(link(known, purpose)).text
        for secret in (ADDRESS, str(customer().email), "Private", "cus_1", "mail_1"):
            assert secret not in html
        assert BRAND.name in html


def preferences(known: FakeApplication) -> tuple[TestClient, str]:
    return known.client(), link(known, LinkPurpose.PREFERENCES)


def test_marketing_is_switched_off_and_on_again_with_a_proof(known: FakeApplication) -> None:
    client, path = preferences(known)
    assert "checked" in client.get(path).text
    off = client.post(path, data={"language": "en"})
    assert ("Saved" in off.text, "checked" in off.text) == (True, False)
    assert in_force(known) == [("marketing", "unsubscribe", "customer")]
    on = client.post(path, data={"marketing": "on"})
    assert "checked" in on.text
    assert in_force(known) == []
    with known.db.read() as session:
        consent = session.scalars(select(Consent)).one()
        assert (consent.basis, consent.source, consent.customer_id) == ("consent", "preferences", "cus_1")
        assert "mail_1" in consent.proof


def test_leaving_the_box_as_it_is_is_no_consent(known: FakeApplication) -> None:
    client, path = preferences(known)
    client.post(path, data={"marketing": "on"})
    with known.db.read() as session:
        assert session.scalars(select(Consent)).all() == []


def test_after_a_complaint_the_page_cannot_switch_marketing_on(known: FakeApplication) -> None:
    with known.db.write() as session:
        suppress(session, ADDRESS, SuppressionScope.MARKETING, SuppressionReason.COMPLAINT, "resend", NOW)
    client, path = preferences(known)
    assert "disabled" in client.get(path).text
    client.post(path, data={"marketing": "on"})
    assert in_force(known) == [("marketing", "complaint", "resend")]


def test_the_chosen_language_is_kept_and_spoken_at_once(known: FakeApplication, tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Save"\nmsgstr "Speichern"\n'
    )
    client, path = known.client(Catalogues(tmp_path)), link(known, LinkPurpose.PREFERENCES)
    assert 'value="de"' in client.get(path).text
    html = client.post(path, data={"marketing": "on", "language": "de"}).text
    assert "Speichern" in html
    assert '<html lang="de"' in html
    client.post(path, data={"marketing": "on", "language": "xx"})
    with known.db.read() as session:
        facts = session.get_one(CustomerFacts, "cus_1")
        assert (facts.language, facts.updated_by) == ("de", "customer")


def test_a_form_of_another_site_changes_no_preference(known: FakeApplication) -> None:
    client, path = preferences(known)
    for headers in ({"Origin": "https://eve.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, data={}, headers=headers).status_code == 403
    assert in_force(known) == []


def test_both_pages_have_the_strict_headers(known: FakeApplication) -> None:
    for purpose in (LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES):
        answer = known.client().get(link(known, purpose))
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert answer.headers["cache-control"] == "no-store"
        assert "style=" not in answer.text


def test_an_old_link_keeps_nothing_of_a_customer_who_is_gone(known: FakeApplication) -> None:
    """Erased since: the row under the old id must not come back."""
    with known.db.write() as session:
        speak(session, LinkSubject("cus_gone", "mail_gone", 0), "de", now=NOW)
        session.flush()
        assert session.get(CustomerFacts, "cus_gone") is None
