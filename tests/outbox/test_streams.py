"""Marketing and transactional mail go out apart: another sender, another stream, a way to unsubscribe."""

from __future__ import annotations

import pytest

from app.contacts.states import Stream
from app.core.brand import Brand
from app.core.errors import ConfigurationError
from app.outbox.render import MailRenderer
from app.outbox.rendering.samples import SAMPLES

SENDER = "Acme <billing@acme.example>"
URLS = {
    "unsubscribe_url": "https://acme.example/unsubscribe/t?a=1&b=2",
    "preferences_url": "https://acme.example/preferences/t",
}


def renderer(marketing: str | None = "Acme <hello@news.acme.example>") -> MailRenderer:
    return MailRenderer(
        Brand(name="Acme"), sender=SENDER, reply_to=None, postal_address=None, marketing_sender=marketing
    )


def test_each_stream_has_its_own_sender_and_message_ids_of_its_domain() -> None:
    made = renderer()
    context = SAMPLES["payment_recovered"].context
    rendered = made.render("payment_recovered", locale="en", context=context)
    plain = made.letter(rendered, to="a@b.example", key="k")
    news = made.letter(rendered, to="a@b.example", key="k", unsubscribe_url=URLS["unsubscribe_url"])
    assert (plain.stream, plain.sender) == (Stream.TRANSACTIONAL, SENDER)
    assert (news.stream, news.sender) == (Stream.MARKETING, "Acme <hello@news.acme.example>")
    assert news.message_id.endswith("@news.acme.example>")
    assert news.headers["List-Unsubscribe"] == f"<{URLS['unsubscribe_url']}>"
    assert "List-Unsubscribe" not in plain.headers


def test_without_a_sender_of_its_own_marketing_has_the_others() -> None:
    rendered = renderer(None).render(
        "payment_recovered", locale="en", context=SAMPLES["payment_recovered"].context
    )
    letter = renderer(None).letter(rendered, to="a@b.example", key="k", unsubscribe_url="https://a.example/u")
    assert letter.sender == SENDER


def test_a_sender_that_is_none_is_named_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="RECLAIM_MAIL_MARKETING_FROM"):
        renderer("nobody")


def test_the_way_out_stands_in_both_parts_of_a_marketing_mail_and_of_no_other() -> None:
    context = dict(SAMPLES["payment_recovered"].context)
    news = renderer().render("payment_recovered", locale="en", context={**context, **URLS})
    plain = renderer().render("payment_recovered", locale="en", context=context)
    for url in URLS.values():
        assert url in news.text
        assert url.replace("&", "&amp;") in news.html
    for part in (plain.text, plain.html):
        assert "nsubscribe" not in part
