"""Where a form may come from and lead to."""

from __future__ import annotations

import pytest

from app.portal.language import accepted
from app.portal.origins import form_targets, is_our_form, may_go_to, origin_of

OURS = "https://pay.acme.example"


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a.example;script-src */",
        "https://user:pass@evil.example/", "https://a.example' *", "https://[::1", "https://a\\@b.example/",
        "https://ä.example/", "https:///x", "ftp://a.example/", "https://a.example/\n",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_nowhere(url: str | None) -> None:
    assert origin_of(url) is None
    assert not may_go_to(url, OURS)


def test_customers_are_sent_to_plain_http_only_from_plain_http() -> None:
    assert may_go_to("https://invoice.stripe.com/i/1", OURS)
    assert not may_go_to("http://127.0.0.1:9000/pay/1", OURS)
    assert may_go_to("http://127.0.0.1:9000/pay/1", "http://127.0.0.1:8000")


def test_form_targets_are_the_provider_a_stand_in_and_the_merchants_own_domain_there() -> None:
    targets = form_targets(
        "http://127.0.0.1:9000", ["https://billing.acme.example/i/1?x=1", None], "http://x"
    )
    assert targets[3:] == ["http://127.0.0.1:9000", "https://billing.acme.example"]
    assert "https://checkout.stripe.com" in targets


@pytest.mark.parametrize(
    ("origin", "site", "ours"),
    [
        (None, None, True),
        (OURS, "same-origin", True),
        ("null", "same-origin", True),  # what a browser sends from a page without referrers
        (None, "same-origin", True),
        (OURS, None, True),
        ("https://host.example", None, True),
        ("https://evil.example", None, False),
        ("https://evil.example", "cross-site", False),
        ("null", "cross-site", False),
        (None, "same-site", False),
        (None, "none", False),
        ("https://evil.example", "same-origin", False),
        ("", None, False),
    ],
)
def test_a_form_is_ours_only_if_no_header_says_otherwise(
    origin: str | None, site: str | None, ours: bool
) -> None:
    assert is_our_form(origin=origin, fetch_site=site, host="host.example", public_url=OURS) is ours


def test_languages_are_wished_for_in_order_of_their_weight() -> None:
    assert list(accepted("fr;q=0.5, de-AT, en;q=0.9, *;q=0.1, it;q=0, x;q=nonsense")) == ["de-AT", "en", "fr"]
    assert list(accepted(None)) == []
    assert list(accepted("," * 5000)) == []
