"""Links that the merchant's server signs: good ones lead on, all others nowhere."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.core.clock import real_now
from app.core.errors import LinkExpired, LinkInvalid
from app.core.links import LinkPurpose, LinkSubject
from app.portal.cancel.merchant_links import MerchantLink, read_merchant_link, signature
from app.settings import Settings
from tests.portal.factories import NOW, FakeApplication, customer

KEY = "k" * 32
OLD = "o" * 32


def query(key: str = KEY, lives: timedelta = timedelta(hours=1), **changed: Any) -> dict[str, str]:
    exp = str(int((real_now() + lives).timestamp()))
    told = {"customer": "cus_1", "subscription": "sub_1", "exp": exp}
    return told | {"sig": signature(key, "cus_1", "sub_1", exp)} | changed


def read(told: dict[str, str], keys: list[str] | None = None) -> MerchantLink:
    return read_merchant_link(told, [KEY, OLD] if keys is None else keys, now=real_now())


def test_what_is_signed_is_customer_subscription_and_end_with_dots_between() -> None:
    expected = hmac.new(KEY.encode(), b"cus_1.sub_1.1780000000", hashlib.sha256).hexdigest()
    assert signature(KEY, "cus_1", "sub_1", 1780000000) == expected


@pytest.mark.parametrize("key", [KEY, OLD])
def test_any_of_the_keys_verifies_so_that_they_can_be_changed(key: str) -> None:
    assert read(query(key=key)) == MerchantLink("cus_1", "sub_1")


@pytest.mark.parametrize(
    "changed",
    [
        {"customer": "cus_2"}, {"subscription": "sub_2"}, {"exp": "1"}, {"sig": ""}, {"sig": "é" * 64},
        {"customer": "cus_1.sub_1", "subscription": ""}, {"exp": "9" * 40}, {"exp": "-1"}, {"exp": "١٢٣"},
    ],
)  # fmt: skip
def test_a_link_of_which_anything_was_changed_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises(LinkInvalid):
        read(query(**changed))


def test_without_a_key_no_link_is_good() -> None:
    with pytest.raises(LinkInvalid):
        read(query(key=""), [])


def test_a_link_lives_for_a_day_at_most() -> None:
    with pytest.raises(LinkExpired):
        read(query(lives=timedelta(seconds=-1)))
    with pytest.raises(LinkInvalid):
        read(query(lives=timedelta(hours=25)))
    assert read(query(lives=timedelta(hours=23)))


@pytest.fixture
def known(application: FakeApplication) -> FakeApplication:
    application.link_keys = [KEY]
    with application.db.write() as session:
        billing.save(session, [customer()])
        billing.save(session, [SubscriptionState("sub_1", NOW, False, customer_id="cus_1", status="active")])
    return application


def asked(application: FakeApplication, told: dict[str, str]) -> Any:
    return application.client().get("/cancel", params=told)


def test_a_good_link_leads_to_the_cancel_page_of_that_subscription(known: FakeApplication) -> None:
    answer = asked(known, query())
    assert answer.status_code == 303
    token = answer.headers["location"].removeprefix("/cancel/")
    assert known.links.read(LinkPurpose.CANCEL, token) == LinkSubject("cus_1", "sub_1", 0)


def test_bad_and_old_links_lead_nowhere(known: FakeApplication) -> None:
    """Edge case 3: a link names one customer and one subscription of theirs."""
    assert asked(known, query(sig="0" * 64)).status_code == 404
    assert asked(known, query(lives=timedelta(hours=-1))).status_code == 410
    exp = query()["exp"]
    for whose, which in (("cus_2", "sub_1"), ("cus_1", "sub_2")):
        told = query(customer=whose, subscription=which, exp=exp, sig=signature(KEY, whose, which, exp))
        assert asked(known, told).status_code == 404
    known.link_keys = []
    assert asked(known, query()).status_code == 404


def test_a_short_key_is_refused_at_the_start() -> None:
    assert Settings(link_keys=f"{KEY}, {OLD}").link_key_list == [KEY, OLD]
    with pytest.raises(ValueError, match="32 characters"):
        Settings(link_keys=f"{KEY},short")
