"""Every kind of page that a customer can come to, one after the other, for whoever wants to look at each.

A journey opens its pages in one window and yields a name for each as it stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from app.cancellation.rules.presets import PRESETS, OfferPlace
from app.core.links import LinkPurpose, LinkSubject
from sandbox.building import Subscriber
from tests.browser.shop import Shop
from tests.browser.walker import Walker
from tests.feedback.factories import mail

if TYPE_CHECKING:
    from playwright.sync_api import Page

Journey = Callable[["Page", Shop, str], Iterator[str]]
BLANK = "\N{NO-BREAK SPACE}"  # a browser lets it through as filled in, we do not
SUBMIT = "main form button[type=submit]"


def leaving(page: Page, shop: Shop, place: str) -> Iterator[str]:
    """The cancel page, from the first screen to the offer accepted, and once more to the change of mind."""
    walker = Walker(page)
    walker.open(shop.cancel_link(place))
    yield "start"
    if PRESETS[place].ask_reason:
        walker.choose("too_expensive")
    walker.press("answer")
    if PRESETS[place].offer_place is OfferPlace.AFTER_PERMISSION:
        yield "permission"
        walker.press("permit")
    yield "offer"
    walker.press("accept")
    yield "applied"
    walker.open(shop.cancel_link(place))
    walker.press("cancel")
    if PRESETS[place].bare_confirmation:
        yield "bare"
        walker.confirm_bare()
    yield "cancelled"
    walker.press("undo")
    yield "undone"


def declaring(page: Page, shop: Shop, place: str) -> Iterator[str]:
    """The form that needs no link, in the manner of the place's country."""
    country = {"DE": "?country=DE", "FR": "?country=FR"}.get(place, "")
    page.goto(f"{shop.url}/cancel{country}")
    yield "open form"
    page.fill("#name", BLANK)
    page.fill("#email", "ada@example.com")
    _submit(page)
    yield "open form, a name is missing"
    page.fill("#name", "Ada Lovelace")
    _submit(page)
    yield "declaration stored"


def withdrawing(page: Page, shop: Shop, place: str) -> Iterator[str]:
    """A contract of ten days, where the place knows a withdrawal."""
    if not PRESETS[place].withdrawal_days:
        return
    page.goto(shop.cancel_link(place).replace("/cancel/", "/withdraw/"))
    yield "withdrawal"
    page.fill("#name", BLANK)
    page.fill("#email", "ada@example.com")
    _submit(page)
    yield "withdrawal, a name is missing"
    page.fill("#name", "Ada Lovelace")
    _submit(page)
    yield "withdrawal stored"


def answering_mails(page: Page, shop: Shop, place: str) -> Iterator[str]:
    """What links in mails lead to: the one question, the wishes about mails, a link that is not ours."""
    page.goto(shop.survey_link(place))
    yield "survey"
    page.locator("input[name=reason]").first.check()
    _submit(page)
    yield "survey answered"
    someone = shop.subscriber(place)
    page.goto(_mailed(shop, someone, LinkPurpose.UNSUBSCRIBE))
    yield "unsubscribe"
    _submit(page)
    yield "unsubscribed"
    page.goto(_mailed(shop, someone, LinkPurpose.PREFERENCES))
    yield "preferences"
    _submit(page)
    yield "preferences saved"
    page.goto(f"{shop.url}/cancel/forged")
    yield "not our link"


def paying(page: Page, shop: Shop, place: str) -> Iterator[str]:
    """The card page of somebody who is late."""
    page.goto(shop.card_link(place))
    yield "card"


def _submit(page: Page) -> None:
    with page.expect_navigation():
        page.click(SUBMIT)


def _mailed(shop: Shop, someone: Subscriber, purpose: LinkPurpose) -> str:
    name = f"{purpose}_{next(shop.numbers)}"
    with shop.application.db.write() as session:
        address = f"{name}@example.com"
        session.add(
            mail(
                name, customer_id=someone.customer, to_address=address, stream="marketing", campaign="winback"
            )
        )
    return shop.link(purpose, LinkSubject(someone.customer, f"mail_{name}", 0))


JOURNEYS: tuple[Journey, ...] = (leaving, declaring, withdrawing, answering_mails, paying)
