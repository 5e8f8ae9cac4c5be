"""What the mails of a cancellation say, and what they never say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from app.cancellation.mails import offer_lines
from app.offers.rules.contract import Contract, Line
from app.offers.rules.policy import Offer
from app.offers.rules.terms import terms_of
from app.offers.states import OfferKind
from app.outbox.render import HTML_LIMIT, MailRenderer, Rendered
from app.outbox.rendering.samples import SAMPLE_ADDRESS, SAMPLE_BRAND, SAMPLE_SENDER, SAMPLES
from app.outbox.rendering.samples_cancelling import ALWAYS, CANCELLING, LINK, OFFERS, cancelled_context

RENDERER = MailRenderer(
    SAMPLE_BRAND, sender=SAMPLE_SENDER, reply_to="help@northwind.example", postal_address=SAMPLE_ADDRESS
)
NOW = datetime(2026, 6, 5, 8, tzinfo=UTC)
CANCEL, UNDO, SURVEY = (LINK.format(page) for page in ("cancel", "undo", "survey"))
OFFER_MAILS = ("offer_confirmed", "benefit_ending")


def render(name: str, **changes: Any) -> Rendered:
    template, context = CANCELLING[name]
    return RENDERER.render(template, locale="en-GB", context=dict(context) | changes)


def read(mail: Rendered) -> str:
    """The HTML part as a reader reads it."""
    body = re.sub(r"<style>.*?</style>|<title>.*?</title>|<[^>]*>", " ", mail.html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", body)


def about(offer: dict[str, Any]) -> dict[str, Any]:
    return {**ALWAYS, "offer": offer, "cancel_url": CANCEL}


def test_every_mail_has_a_sample_of_its_own_name() -> None:
    """`reclaim mail preview NAME` looks it up by that name."""
    assert set(RENDERER.names()) <= set(SAMPLES)


@pytest.mark.parametrize("name", sorted(CANCELLING))
def test_every_mail_bears_the_brand_tells_why_it_came_and_stays_small(name: str) -> None:
    mail = render(name)
    assert "Northwind Notes" in mail.subject
    assert len(mail.html.encode()) < HTML_LIMIT
    for part in (mail.text, read(mail)):
        assert "You receive this mail because of your subscription" in part
        assert "is not advertising" in part


@pytest.mark.parametrize("name", sorted(CANCELLING))
def test_nobody_is_blamed_pressed_or_courted(name: str) -> None:
    """No reason is named, no guilt, no pressure, and no word of marketing."""
    mail = render(name)
    said = f"{mail.subject} {mail.text} {read(mail)}".lower()
    for word in (
        "sorry", "miss you", "sad", "regret", "reason", "expensive", "unfortunately", "hurry", "last chance",
        "special", "exclusive", "only today", "reconsider", "lose", "!",
    ):  # fmt: skip
        assert word not in said, word


def test_a_cancellation_is_put_on_record_with_its_time_its_zone_and_its_end() -> None:
    """Edge case 32."""
    mail = render("subscription_cancelled")
    for part in (mail.text, read(mail)):
        for fact in (
            "Pro plan, monthly",
            "Friday, 5 June 2026, 10:00 GMT+02:00 (Europe/Berlin)",
            "You can use it until 15 June 2026. Nothing more is charged.",
            "no longer available",
            "the record of your cancellation",
        ):
            assert fact in part


def test_only_what_can_be_taken_back_has_a_button_for_it() -> None:
    """Edge case 32."""
    cancelled = render("subscription_cancelled")
    buttons = re.findall(r'<a [^>]*class="button"[^>]*>', cancelled.html)
    assert [UNDO in button for button in buttons] == [True]
    assert UNDO in cancelled.text
    for name in ("subscription_cancelled-at_once", "subscription_cancelled-elsewhere"):
        mail = render(name)
        for part in (mail.html, mail.text):
            assert "ndo the cancellation" not in part
            assert "take the cancellation back" not in part


def test_an_end_that_is_a_year_away_names_its_year() -> None:
    """A yearly plan cancelled in its first week: `5 June` alone would read as today."""
    context = cancelled_context(ends_at="2027-06-05T08:00:00+00:00")
    assert (
        "until 5 June 2027" in RENDERER.render("subscription_cancelled", locale="en-GB", context=context).text
    )


def test_what_a_person_carries_out_is_never_called_done() -> None:
    for name, wish in (
        ("cancellation_received", "Cancel subscription"),
        ("cancellation_received-undo", "Take the cancellation back"),
    ):
        mail = render(name)
        for part in (mail.text, read(mail)):
            assert "Friday, 5 June 2026, 10:00 GMT+02:00 (Europe/Berlin)" in part
            assert wish in part
            assert "we confirm it" in part
            assert "is cancelled" not in part
            assert "goes on" not in part.replace("Your subscription goes on", "")


def test_a_change_of_mind_is_confirmed_as_a_renewal() -> None:
    mail = render("cancellation_undone")
    for part in (mail.text, read(mail)):
        assert "It renews by itself again" in part


def test_the_question_is_one_and_offers_nothing() -> None:
    mail = render("cancellation_question")
    assert mail.text.count("?") == mail.text.count("Any questions?") + mail.text.count("from us?") + 1
    assert set(re.findall(r"https://pay\S+", mail.text)) == {SURVEY}
    assert "only once" in mail.text
    assert not re.search(r"[€%]|offer|discount|free", mail.text)


MAILS_OF_OFFERS = sorted(set(product(OFFER_MAILS, OFFERS)) - {("benefit_ending", "switch_plan")})


@pytest.mark.parametrize(("mail_name", "kind"), MAILS_OF_OFFERS)
def test_a_mail_about_an_offer_tells_the_price_after_its_day_and_the_way_out(
    mail_name: str, kind: str
) -> None:
    """Edge case 19."""
    offer = OFFERS[kind]
    name = mail_name if kind == "free_months" else f"{mail_name}-{kind}"
    mail = render(name)
    upgrade = offer["kind"] == "upgrade"
    day = (offer["ends_at"] if upgrade else offer["full_charge_at"]) or ""
    written = f"{int(day[8:10])} {datetime.fromisoformat(day):%B %Y}"
    price = {"switch_plan": "€9.00 a month for Basic plan", "by_use": "the usual price"}.get(kind)
    yearly = offer["interval"] == "year"
    for part in (mail.text, read(mail)):
        assert written in part
        assert (price or ("€290.00 a year" if yearly else "€29.00 a month")) in part
        assert CANCEL in part or CANCEL in mail.html
    assert CANCEL in mail.text


@pytest.mark.parametrize("mail_name", OFFER_MAILS)
def test_prices_are_called_with_tax_only_where_the_provider_has_said_so(mail_name: str) -> None:
    for with_tax, said in ((True, "include any tax"), (False, "as on your invoices so far")):
        offer = {**OFFERS["free_months"], "with_tax": with_tax}
        text = RENDERER.render(mail_name, locale="en-GB", context=about(offer)).text
        assert said in text
        assert ("include any tax" in text) is with_tax


def test_free_months_are_not_written_as_a_price_of_nothing() -> None:
    assert "Nothing is charged until 15 August 2026." in render("offer_confirmed").text
    assert "€0.00" not in render("offer_confirmed").text


def test_who_is_charged_by_use_is_told_no_amount() -> None:
    for mail_name in OFFER_MAILS:
        text = render(f"{mail_name}-by_use").text
        assert "the usual price" in text
        assert "€" not in text
        assert "None" not in text


CATALOGUE: dict[OfferKind, dict[str, Any]] = {
    OfferKind.FREE_MONTHS: {"months": 1},
    OfferKind.PERCENT_OFF: {"months": 2, "percent": 100},
    OfferKind.AMOUNT_OFF: {"months": 1, "amount_minor": {"eur": 500}},
    OfferKind.PAUSE: {"months": 1},
    OfferKind.UPGRADE: {"months": 1, "price": "price_2", "plan_name": "Team", "features": ["seats"]},
    OfferKind.SWITCH_PLAN: {"price": "price_2", "plan_name": "Team", "price_minor": {"eur": 900}},
    OfferKind.EXTEND_TRIAL: {"days": 14},
    OfferKind.TALK: {},
    OfferKind.REDIRECT: {"url": "https://northwind.example/help"},
}


@pytest.mark.parametrize(
    ("kind", "interval", "count"), list(product(CATALOGUE, ("day", "week", "month", "year"), (1, 3)))
)
def test_the_terms_of_every_offer_make_both_mails(kind: OfferKind, interval: str, count: int) -> None:
    """As `terms_of` makes them, whatever the plan's interval: nothing is missing and nothing reads `None`."""
    line = Line("si_1", "price_1", "prod_1", "Pro", 2900, "eur", interval, count)
    contract = Contract(
        "sub_1", "cus_1", "active", "charge_automatically", "eur", (line,), NOW,
        datetime(2026, 6, 30, 12, tzinfo=UTC), trial_end_at=datetime(2026, 6, 20, tzinfo=UTC),
    )  # fmt: skip
    offer = Offer(kind=kind, **CATALOGUE[kind])
    lines = offer_lines(terms_of(offer, contract, feature=None, now=NOW))
    for mail_name in OFFER_MAILS if lines["ends_at"] else OFFER_MAILS[:1]:
        mail = RENDERER.render(mail_name, locale="en-GB", context=about(lines))
        for part in (mail.subject, mail.text, read(mail)):
            assert "None" not in part
            assert "1 months" not in part
