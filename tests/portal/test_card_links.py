"""Tokens of the card page: none but the right one opens it, and only while it may."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from app.cases.models import Case
from app.core.errors import LinkInvalid
from app.core.links import LinkPurpose, LinkSubject
from app.portal.service import open_card_link
from tests.portal.factories import NOW, FakeApplication, add_case, customer, dump, invoice

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%/?#é\x00 "


def forged(good: str, rng: random.Random) -> str:
    """A flip, a cut, an insertion, a swap of parts, or noise; never the good one."""
    place = rng.randrange(len(good))
    odd = rng.choice(ALPHABET)
    parts = good.split(".")
    rng.shuffle(parts)
    kinds = [
        good[:place] + odd + good[place + 1 :],
        good[:place],
        good[:place] + odd + good[place:],
        ".".join(parts),
        "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 600))),
    ]
    made = rng.choice(kinds)
    return made if made != good else good + "A"


def escaped(token: str) -> str:
    return "".join(f"%{byte:02x}" for byte in token.encode())


@pytest.mark.parametrize("number", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_forged_tokens_open_nothing(application: FakeApplication, number: int) -> None:
    add_case(application.db)
    good, rng = application.token(), random.Random(7)
    for _ in range(number):
        with pytest.raises(LinkInvalid):
            open_card_link(application, forged(good, rng), returned_from=None)


@pytest.mark.parametrize("count", [80, pytest.param(400, marks=pytest.mark.slow)])
def test_forged_tokens_get_one_and_the_same_page_that_shows_nothing(
    application: FakeApplication, count: int
) -> None:
    add_case(application.db)
    good, rng, client = application.token(), random.Random(8), application.client()
    before = dump(application.db)
    answers = set()
    for number in range(count):
        url = f"/card/{escaped(forged(good, rng))}"
        response = client.post(url) if number % 4 == 0 else client.get(url)
        answers.add((response.status_code, response.text))
    assert [status for status, _ in answers] == [404]
    assert not any(word in text for _, text in answers for word in ("4242", "€", "Weekly"))
    assert dump(application.db) == before
    assert application.pages.calls == []  # type: ignore[union-attr]


def test_every_other_writing_of_a_good_signature_is_refused(application: FakeApplication) -> None:
    """The last letter of a signature carries two spare bits, and decoders skip what is no letter."""
    add_case(application.db)
    good, client = application.token(), application.client()
    others = [good[:-1] + c for c in ALPHABET[:64] if c != good[-1]]
    for token in [*others, good + "=", good + "~", good[:-3] + "!" + good[-3:]]:
        assert client.get(f"/card/{escaped(token)}").status_code == 404


def test_a_link_that_is_not_ours_is_told_in_html_with_the_support_address(
    application: FakeApplication,
) -> None:
    response = application.client().get("/card/forged")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "This link is not valid" in response.text
    assert "help@acme.example" in response.text


def test_a_token_opens_only_the_case_of_its_own_customer(application: FakeApplication) -> None:
    add_case(application.db)
    other = invoice("in_9", customer_id="cus_2", subscription_id="sub_1", label="Of the other one")
    add_case(application.db, other, who=customer(id="cus_2"), case_id="case_2")
    client = application.client()
    assert client.get(f"/card/{application.token('case_2', 'cus_1')}").status_code == 404
    assert client.get(f"/card/{application.token('case_1', 'cus_2')}").status_code == 404
    assert client.get(f"/card/{application.token('case_3', 'cus_1')}").status_code == 404
    assert "Of the other one" not in client.get(application.card_url).text


@pytest.mark.parametrize("purpose", [p for p in LinkPurpose if p is not LinkPurpose.CARD])
def test_a_token_for_another_purpose_opens_nothing(
    application: FakeApplication, purpose: LinkPurpose
) -> None:
    add_case(application.db)
    token = application.links.sign(purpose, LinkSubject("cus_1", "case_1", 0))
    assert application.client().get(f"/card/{token}").status_code == 404


def test_a_case_of_another_kind_has_no_card_page(application: FakeApplication) -> None:
    add_case(application.db, kind="winback")
    assert application.client().get(application.card_url).status_code == 404


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 200), (1, 410)])
def test_a_link_works_for_fourteen_days_to_the_second(
    application: FakeApplication, seconds: int, status: int
) -> None:
    add_case(application.db)
    url, client = application.card_url, application.client()
    application.at = NOW + timedelta(days=14, seconds=seconds)
    assert client.get(url).status_code == status
    assert client.post(url).status_code == (303 if status == 200 else 410)


def test_an_expired_link_is_told_kindly_and_shows_nothing(application: FakeApplication) -> None:
    add_case(application.db)
    url = application.card_url
    application.at = NOW + timedelta(days=15)
    html = application.client().get(url).text
    assert "This link is too old" in html
    assert "newest mail" in html
    assert "4242" not in html


def test_raising_the_epoch_kills_every_link_of_the_case(application: FakeApplication) -> None:
    add_case(application.db)
    url, client = application.card_url, application.client()
    with application.db.write() as session:
        session.get_one(Case, "case_1").link_epoch += 1
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert client.get(f"/card/{application.token(epoch=1)}").status_code == 200
