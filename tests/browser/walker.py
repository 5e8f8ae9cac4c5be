"""Somebody in front of the cancel page: finds controls by what they do, presses them, and counts the presses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cancellation.rules.presets import PRESETS, OfferPlace
from tests.browser.measures import faults, presses_anyone

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CONFIRM_BARE = "main form button[type=submit]:not([name])"


@dataclass
class Walker:
    """`faults`: what was wrong with any page on the way, at its size."""

    page: Page
    presses: int = 0

    def __post_init__(self) -> None:
        self.faults: list[str] = []

    def open(self, link: str) -> None:
        answer = self.page.goto(link)
        assert answer is not None
        assert answer.status == 200, link
        self._look()

    def button(self, do: str) -> Locator:
        return self.page.locator(f"button[name=do][value={do}]")

    def press(self, do: str) -> None:
        """Press the button that does this, and look at the page that follows."""
        self._press(self.button(do))

    def confirm_bare(self) -> None:
        """The one button of the statutory page."""
        self._press(self.page.locator(CONFIRM_BARE))

    def choose(self, reason: str) -> None:
        self.page.locator(f"input[name=reason][value={reason}]").check()

    def cancel(self, preset: str) -> None:
        """From a page with a control that cancels to the end."""
        self.press("cancel")
        if PRESETS[preset].bare_confirmation:
            self.confirm_bare()

    def to_the_offer(self, preset: str, reason: str = "too_expensive") -> None:
        """By the way that the preset leaves: with a reason where one may be asked, after a yes where one must be."""
        if PRESETS[preset].ask_reason:
            self.choose(reason)
        self.press("answer")
        if PRESETS[preset].offer_place is OfferPlace.AFTER_PERMISSION:
            self.press("permit")

    @property
    def headline(self) -> str:
        return str(self.page.locator("h1").inner_text())

    def _press(self, control: Locator) -> None:
        with self.page.expect_navigation():
            control.click()
        self.presses += 1
        self._look()

    def _look(self) -> None:
        self.faults += faults(self.page)
        self.faults += presses_anyone(self.page)
