"""The form that needs no login: it stores and tells nobody whether an address is known."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.cancellation.declarations import Declaration
from app.core import gates
from app.core.i18n import Catalogues
from app.core.links import LinkPurpose, LinkSubject
from app.outbox.models import Mail, Task
from app.portal.cancel.open_form_limits import FormLimits, Limiter, network_of
from app.portal.cancel.open_form_pages import preset_of_visitor
from tests.portal.factories import NOW, PUBLIC_URL, FakeApplication, customer, dump

GOLDEN = Path(__file__).parent / "golden"
FILLED = {"name": "Jane Private", "email": "jane@private.example", "kind": "ordinary", "end": "next"}
GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@pytest.fixture
def known(application: FakeApplication) -> FakeApplication:
    with application.db.write() as session:
        gates.register(session, public_url=PUBLIC_URL, provider_key=None, now=NOW)
        billing.save(session, [customer()])
        billing.save(session, [SubscriptionState("sub_1", NOW, False, customer_id="cus_1", status="active")])
    return application


def rows(application: FakeApplication) -> list[Declaration]:
    with application.db.read() as session:
        return list(session.scalars(select(Declaration).order_by(Declaration.received_at, Declaration.id)))


def plain(html: str) -> str:
    return re.sub(r"decl_[0-9a-f]{32}", "decl_ID", html)


def test_looking_changes_nothing(known: FakeApplication) -> None:
    before = dump(known.db)
    client = known.client()
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        assert client.request(method, "/cancel").status_code == status
    assert dump(known.db) == before


def test_a_declaration_is_stored_with_its_time_and_changes_nothing_else(known: FakeApplication) -> None:
    """Edge case 31. Nothing is cancelled, and no mail is queued while the visitor waits."""
    answer = known.client().post("/cancel", data=FILLED | {"contract": "sub_1"})
    assert answer.status_code == 200
    (row,) = rows(known)
    assert (row.state, row.received_at, row.look_at) == ("received", NOW, NOW)
    assert (row.customer_id, row.subscription_id) == (None, None)
    assert row.content == {
        "kind": "ordinary", "name": "Jane Private", "email": "jane@private.example", "contract": "sub_1"
    }  # fmt: skip
    assert (row.preset, row.preset_version) == ("STRICT", 1)
    assert row.id in answer.text
    assert "Wednesday, June 3, 2026" in answer.text
    with known.db.read() as session:
        assert not session.scalars(select(Mail)).all()
        assert not session.scalars(select(Task)).all()


def test_known_and_unknown_addresses_are_answered_alike(known: FakeApplication) -> None:
    """Edge case 31: to the letter, but for what was typed and the number."""
    client = known.client()
    one = client.post("/cancel", data=FILLED)
    other = client.post("/cancel", data=FILLED | {"email": "nobody@nowhere.example"})
    assert one.status_code == other.status_code == 200
    same = plain(other.text).replace("nobody@nowhere.example", "jane@private.example")
    assert same == plain(one.text)
    assert dict(one.headers) | {"content-length": ""} == dict(other.headers) | {"content-length": ""}


def test_a_button_pressed_twice_is_one_declaration(known: FakeApplication) -> None:
    client = known.client()
    first, second = (client.post("/cancel", data=FILLED).text for _ in range(2))
    assert first == second
    assert len(rows(known)) == 1
    client.post("/cancel", data=FILLED | {"kind": "extraordinary"})
    assert len(rows(known)) == 2


@pytest.mark.parametrize(
    ("left_out", "told"), [("name", "give your name"), ("email", "give an e-mail address")]
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    known: FakeApplication, left_out: str, told: str
) -> None:
    typed = FILLED | {left_out: "", "kind": "extraordinary", "reason": "<b>never</b>", "contract": "A-1"}
    answer = known.client().post("/cancel", data=typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert "&lt;b&gt;never&lt;/b&gt;" in answer.text
    assert 'value="A-1"' in answer.text
    assert 'value="extraordinary" checked' in answer.text
    assert rows(known) == []


def test_hostile_words_are_text(known: FakeApplication) -> None:
    typed = FILLED | {"name": "<script>alert(1)</script>{{ 7*7 }}%(x)s", "contract": '"><img src=x>'}
    html = known.client().post("/cancel", data=typed).text
    assert "<script" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}%(x)s" in html


def test_a_form_of_another_site_is_refused(known: FakeApplication) -> None:
    answer = known.client().post("/cancel", data=FILLED, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert rows(known) == []


def test_one_connection_is_stopped_after_ten_and_told_how_else_to_cancel(known: FakeApplication) -> None:
    """Edge case 31: rate-limited."""
    client = known.client()
    said = [client.post("/cancel", data=FILLED | {"email": f"a{n}@x.example"}) for n in range(11)]
    assert [answer.status_code for answer in said] == [200] * 10 + [429]
    assert said[-1].headers["retry-after"] == "3600"
    assert "help@acme.example" in said[-1].text
    assert len(rows(known)) == 10


def test_one_address_is_stopped_after_ten_from_wherever(known: FakeApplication) -> None:
    limits = FormLimits()
    allowed = [limits.allow(f"192.0.2.{n}", "jane@private.example", 0.0) for n in range(11)]
    assert allowed == [True] * 10 + [False]


def test_a_limit_is_over_after_its_time_and_forgets_who_is_idle() -> None:
    limiter = Limiter(most=1, seconds=60, keys=2)
    assert [limiter.allows("a", at) for at in (0.0, 59.0, 60.0)] == [True, False, True]
    assert limiter.allows("b", 61.0)
    assert limiter.allows("c", 62.0)
    assert limiter.allows("a", 63.0), "the longest idle one was forgotten"


def test_a_subscriber_of_ipv6_is_one_connection() -> None:
    assert (
        network_of("2001:db8:1:2::5") == network_of("2001:db8:1:2:ffff::1") != network_of("2001:db8:1:3::5")
    )
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of(None) == "unknown"


@pytest.mark.parametrize(
    "given", [{"headers": GERMAN}, {"params": {"country": "DE"}}, {"headers": {"Accept-Language": "de"}}]
)
def test_germany_gets_the_statutory_page_and_nothing_else(known: FakeApplication, given: Any) -> None:
    """Edge case 30: the fields of § 312k BGB, the button, and not one link."""
    html = known.client().get("/cancel", **given).text
    assert (
        '<button class="button" type="submit" lang="de" aria-describedby="means">jetzt kündigen</button>'
        in html
    )
    assert re.findall(r"<a\b|<img|<iframe|mailto:|acme\.example", html) == []
    assert len(re.findall(r"<button|type=\"submit\"", html)) == 2
    names = set(re.findall(r'<(?:input|textarea|select)[^>]* name="([a-z_]+)"', html)) - {"country"}
    assert names == {"kind", "reason", "name", "contract", "end", "end_date", "email"}
    GOLDEN.mkdir(exist_ok=True)
    path = GOLDEN / "cancel_bare.html"
    shown = html.replace('<input type="hidden" name="country" value="DE">\n', "")
    if os.environ.get("REFRESH_GOLDEN") == "1":
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8"), "REFRESH_GOLDEN=1 if that is wanted, and have it read by counsel"


@pytest.mark.parametrize(
    ("language", "lang", "text"),
    [
        ("fr-FR", ' lang="fr"', "notification de la résiliation"),
        ("en-US", "", "Cancel now"),
        ("en-GB", "", "Cancel now"),
    ],
)
def test_elsewhere_the_form_has_the_button_of_its_law(
    known: FakeApplication, language: str, lang: str, text: str
) -> None:
    html = known.client().get("/cancel", headers={"Accept-Language": language}).text
    assert re.search(rf'<button class="button" type="submit"{lang}[^>]*>{text}</button>', html)
    assert "help@acme.example" in html


def test_the_law_of_the_page_is_kept_with_the_declaration(known: FakeApplication) -> None:
    known.client().post("/cancel", data=FILLED | {"country": "DE"})
    assert rows(known)[0].preset == "DE"


def test_every_field_has_a_label_and_works_without_a_script(known: FakeApplication) -> None:
    """Edge case 37: keyboard and screen reader need labels; nothing needs JavaScript or has a style of its own."""
    for headers in (GERMAN, {}):
        html = known.client().get("/cancel", headers=headers).text
        for name in re.findall(r'(?:input|textarea)[^>]* id="([a-z_]+)"', html):
            assert f'<label for="{name}">' in html
        assert html.count("<legend>") == html.count("<fieldset")
        assert not re.findall(r"<script|style=|onclick|tabindex|<style", html)
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html


def test_this_was_not_me_needs_a_button_and_counts_once(known: FakeApplication) -> None:
    client = known.client()
    client.post("/cancel", data=FILLED)
    with known.db.write() as session:
        row = session.scalars(select(Declaration)).one()
        row.state, row.customer_id = "asked", "cus_1"
    link = f"/not-me/{known.links.sign(LinkPurpose.NOT_ME, LinkSubject('cus_1', row.id, 0))}"
    before = dump(known.db)
    assert client.get(link).status_code == 200
    assert dump(known.db) == before
    for _ in range(2):
        assert "The declaration is void" in client.post(link).text
    assert rows(known)[0].state == "disowned"
    with known.db.read() as session:
        assert [t.kind for t in session.scalars(select(Task))] == ["declaration_disowned"]


def test_not_me_comes_too_late_for_what_was_confirmed_and_is_nothing_for_others(
    known: FakeApplication,
) -> None:
    client = known.client()
    client.post("/cancel", data=FILLED)
    with known.db.write() as session:
        row = session.scalars(select(Declaration)).one()
        row.state, row.customer_id = "asked", "cus_1"
    for whose, state in (("cus_2", "asked"), ("cus_1", "confirmed")):
        with known.db.write() as session:
            session.get_one(Declaration, row.id).state = state
        link = f"/not-me/{known.links.sign(LinkPurpose.NOT_ME, LinkSubject(whose, row.id, 0))}"
        assert "Please write to us" in client.post(link).text
    assert client.get("/not-me/forged").status_code == 404
    assert client.post("/not-me/forged").status_code == 404
    assert rows(known)[0].state == "confirmed"


def test_in_german_the_statutory_page_has_one_language(known: FakeApplication, tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n')
    html = known.client(Catalogues(tmp_path)).get("/cancel", headers=GERMAN).text
    assert '<html lang="de-DE"' in html
    assert '<button class="button" type="submit" lang="de">jetzt kündigen</button>' in html
    assert 'class="quiet"' not in html


@pytest.mark.parametrize(
    ("country", "accept", "name"),
    [
        ("DE", "en-US", "DE"), (None, "de-AT", "EU"), (None, "de", "DE"), (None, "fr", "FR"), (None, "en", "STRICT"),
        (None, "zh-Hant-TW", "STRICT"), (None, None, "STRICT"), (None, "*", "STRICT"), ("", ";;;", "STRICT"),
        ("nonsense", "de", "STRICT"), (None, "sr-Latn-ME", "STRICT"), (None, "pt-PT;q=0.9, de;q=1", "DE"),
    ],
)  # fmt: skip
def test_the_law_of_the_form_follows_the_link_and_then_the_browser(
    country: str | None, accept: str | None, name: str
) -> None:
    assert preset_of_visitor(country, accept).name == name
