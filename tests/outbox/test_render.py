"""The renderer keeps its promises for every mail, stage and way to pay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.brand import Brand
from app.core.errors import ConfigurationError
from app.outbox.render import MailNotRendered, MailRenderer, Rendered, message_id
from app.outbox.rendering.colours import contrast, readable_on
from app.outbox.rendering.context import MESSAGES
from app.outbox.rendering.samples import METHODS, PRO, SAMPLE_BRAND, SAMPLE_SENDER, payment_context

RENDERER = MailRenderer(SAMPLE_BRAND, sender=SAMPLE_SENDER, reply_to=None, postal_address="Harbour Street 12")
MAILS = [
    "payment_confirm",
    "payment_consent_stopped",
    "payment_ended",
    "payment_failed_fix_card",
    "payment_failed_new_method",
    "payment_failed_retrying",
    "payment_failed_trial",
    "payment_recovered",
]
STAGES = ("first", "reminder", "last_warning")
LATER = "2026-06-15T22:00:00Z"
END_ACTIONS = ("cancel", "unpaid", "past_due")


def render(template: str, locale: str | None = "en-GB", **changes: Any) -> Rendered:
    return RENDERER.render(template, locale=locale, context=payment_context(**changes))


class Links(HTMLParser):
    """Every address a mail program could fetch or open, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [
            value or "" for name, value in attrs if name in {"href", "src", "background", "action"}
        ]


def every_mail() -> Iterator[Rendered]:
    for template, stage, method, end_action in product(MAILS, STAGES, METHODS, END_ACTIONS):
        yield render(template, stage=stage, method=method, end_action=end_action)


def test_the_list_of_mails_is_the_list_of_folders() -> None:
    assert [name for name in RENDERER.names() if name.startswith("payment_")] == MAILS


@pytest.mark.parametrize("template", MAILS)
def test_every_stage_method_reason_and_ending_renders(template: str) -> None:
    reasons = product(STAGES, METHODS, [*MESSAGES, "a_reason_of_next_year"], ["cancel"], [LATER])
    endings = product(STAGES, METHODS, ["not_yet"], END_ACTIONS, [None, LATER])
    for stage, method, message, end_action, ends_at in [*reasons, *endings]:
        mail = render(
            template,
            stage=stage,
            method=method,
            message=message,
            end_action=end_action,
            access_ends_at=ends_at,
        )
        assert mail.subject
        assert "None" not in mail.subject + mail.text + mail.html


def test_no_mail_loads_anything_or_links_to_a_stranger() -> None:
    allowed = ("https://pay.northwind.example/", "https://northwind.example", "mailto:help@northwind.example")
    for mail in every_mail():
        links = Links(mail.html)
        assert not links.tags & {"img", "script", "iframe", "link", "form", "object", "video", "svg"}
        assert all(link.startswith(allowed) for link in links.found), links.found
        assert "url(" not in mail.html
        assert "@import" not in mail.html


def test_every_mail_is_small_and_keeps_its_dark_colours() -> None:
    for mail in every_mail():
        assert len(mail.html.encode()) < 30_000
        assert "@media (prefers-color-scheme: dark)" in mail.html
        assert '<meta name="color-scheme" content="light dark">' in mail.html
        assert mail.html.count('lang="en-GB"') == 2
        assert not re.search(r"JX\d+XJ|\{\{|\{%", mail.html)


def test_five_hundred_late_invoices_still_fit() -> None:
    mail = render("payment_ended", end_action="unpaid", invoices=[{**PRO, "label": "Ü" * 400}] * 500)
    assert len(mail.html.encode()) < 100_000
    assert "and 480 more" in mail.html
    assert "and 480 more" in mail.text


def test_a_missing_value_is_an_error_and_not_a_gap() -> None:
    context = {key: value for key, value in payment_context().items() if key != "invoices"}
    with pytest.raises(MailNotRendered, match="invoices"):
        RENDERER.render("payment_failed_new_method", locale="en", context=context)


@pytest.mark.parametrize("name", ["no_such_mail", "../secrets", "_layout", "", "payment_confirm/body.html"])
def test_an_unknown_template_is_an_error_of_its_own(name: str) -> None:
    with pytest.raises(MailNotRendered):
        RENDERER.render(name, locale="en", context=payment_context())


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://good.example@evil.example/",
        "https://x.example/\"onclick='x'",
        "https://x.example/\nBcc: y",
        "ftp://x.example",
        "",
    ],
)
def test_a_button_leads_nowhere_but_to_the_web(url: str) -> None:
    with pytest.raises(MailNotRendered, match="link"):
        render("payment_failed_new_method", action_url=url)


@settings(max_examples=150, deadline=None)
@given(name=st.text(max_size=120), label=st.text(max_size=120), number=st.text(max_size=40))
def test_a_hostile_name_or_plan_changes_no_structure(name: str, label: str, number: str) -> None:
    mail = render(
        "payment_failed_new_method",
        customer={"name": name},
        invoices=[{**PRO, "label": "x" + label, "number": "1" + number}],
    )
    assert Links(mail.html).tags == Links(render("payment_failed_new_method").html).tags
    assert "\n" not in mail.subject
    assert not {"\u2028", "\u2029", "\x85", "\u202e", "\r"} & set(mail.subject + mail.text)


def test_a_name_with_a_link_or_markup_is_not_greeted() -> None:
    for name in (
        "<b>Bob</b>",
        "Visit evil.example",
        "win@evil.example",
        "{{ 7 * 7 }}",
        None,
        "",
        "None",
        "\u200b",
    ):
        mail = render("payment_failed_new_method", customer={"name": name})
        assert mail.text.startswith("Hello,\n")
        assert "evil" not in mail.html
        assert "49" not in mail.text


def test_template_signs_in_a_plan_name_are_only_letters() -> None:
    mail = render("payment_failed_new_method", invoices=[{**PRO, "label": "{{ brand }} <i>%(x)s</i>"}])
    assert "{{ brand }} <i>%(x)s</i>" in mail.text
    assert "{{ brand }} &lt;i&gt;%(x)s&lt;/i&gt;" in mail.html


def test_the_same_input_gives_the_same_bytes() -> None:
    assert render("payment_confirm") == render("payment_confirm")


def test_the_message_id_is_the_key_and_the_senders_domain() -> None:
    first = message_id("mail_1:1", "Acme <billing@acme.example>")
    assert re.fullmatch(r"<[0-9a-f]{32}@acme\.example>", first)
    assert first == message_id("mail_1:1", "billing@acme.example")
    assert first != message_id("mail_1:2", "Acme <billing@acme.example>")


def test_only_marketing_mail_can_be_unsubscribed_from() -> None:
    rendered = render("payment_confirm")
    plain = RENDERER.letter(rendered, to="anna@example.com", key="k")
    marketing = RENDERER.letter(rendered, to="a@b.example", key="k", unsubscribe_url="https://x.example/u/1")
    assert "List-Unsubscribe" not in plain.headers
    assert plain.headers["Auto-Submitted"] == "auto-generated"
    assert marketing.headers["List-Unsubscribe"] == "<https://x.example/u/1>"
    assert marketing.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with pytest.raises(MailNotRendered):
        RENDERER.letter(rendered, to="a@b.example", key="k", unsubscribe_url="https://x.example/>\r\nBcc: y")


def test_a_brand_with_unreadable_colours_gets_readable_ones() -> None:
    assert readable_on("#ffee00", "#ffffff") == "#000000"
    assert readable_on("#2456d6", "#ffffff") == "#ffffff"
    for accent in ("#ffee00", "#000000", "#ffffff", "#808080", "#2456d6"):
        assert contrast(accent, readable_on(accent, "#777777")) >= 4.5
    yellow = MailRenderer(
        Brand(name="Sun", accent="#ffee00"), sender=SAMPLE_SENDER, reply_to=None, postal_address=None
    )
    html = yellow.render("payment_confirm", locale="en", context=payment_context()).html
    button = re.search(r'<a class="button"[^>]*>', html)
    assert button
    assert "background-color: #ffee00" in button.group()
    assert re.search('[";]color: #000000', button.group())


def test_text_on_every_ground_of_the_style_sheet_can_be_read() -> None:
    light = {"#5b626d": "#f2f3f5", "#363b44": "#ffffff", "#4a505a": "#f6f7f9", "#1b1d22": "#f6f7f9"}
    dark = {"#a3aab6": "#262a31", "#d3d7de": "#1c1f24", "#c3c8d1": "#262a31", "#f3f4f6": "#262a31"}
    folder = Path(__file__).parents[2] / "templates" / "emails"
    styles = (folder / "_style.css").read_text() + (folder / "_layout.html").read_text()
    for text, ground in {**light, **dark}.items():
        assert text in styles, f"{text} is no longer used; name its successor here"
        assert contrast(text, ground) >= 4.5


def test_a_sender_that_is_none_is_told_at_start() -> None:
    for sender in ("Acme", "Acme <acme>", "a@b@c.example", "Acme <a@b.example>\r\nBcc: x@y.example"):
        with pytest.raises(ConfigurationError, match="RECLAIM_MAIL_FROM"):
            MailRenderer(SAMPLE_BRAND, sender=sender, reply_to=None, postal_address=None)
    with pytest.raises(ConfigurationError, match="website"):
        MailRenderer(Brand(website="javascript:x"), sender=SAMPLE_SENDER, reply_to=None, postal_address=None)
