"""What people do who want to leave: most use the cancel page, some the provider's; some take what they are offered."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import httpx

from sandbox.demo.business import Business, Person

BUTTON = re.compile(r'name="do" value="(\w+)"')
ELSEWHERE = 0.2  # cancel at the provider's own portal
SPEAKS_UP = 0.75  # gives a reason instead of pressing the button at once
REASONS = (
    ("too_expensive", 0.34),
    ("not_using", 0.24),
    ("temporary", 0.1),
    ("missing_feature", 0.08),
    ("poor_service", 0.06),
    ("switched", 0.09),
    ("moved", 0.03),
    ("closed", 0.03),
    ("other", 0.03),
)
LOOKS_AT_OPTIONS = 0.7
TAKES = {"too_expensive": 0.35, "not_using": 0.45, "temporary": 0.5}  # and hardly ever for another reason


class Leavers:
    """Walks people over the cancel page. `link`: the page's address for a customer and a subscription."""

    def __init__(self, business: Business, web: httpx.Client, link: Callable[[str, str], str]) -> None:
        self.business, self.web, self.link = business, web, link
        self.chance = random.Random(23)

    def leave(self, person: Person) -> None:
        """Somebody wants to go; who takes the offer stays."""
        if self.chance.random() < ELSEWHERE:
            self.business.leave(person)
            return
        url = self.link(person.ids.customer, person.ids.subscription)
        page = self.web.get(url)
        if page.status_code != 200:
            return
        reason = self.chance.choices([r for r, _ in REASONS], [share for _, share in REASONS])[0]
        person.gone = not self._walk(url, page, reason)

    def _walk(self, url: str, page: httpx.Response, reason: str) -> bool:
        """Press buttons until it is decided; whether the person stays."""
        buttons = BUTTON.findall(page.text)
        if "answer" in buttons and self.chance.random() < SPEAKS_UP:
            url, buttons = self._press(url, "answer", reason=reason)
        if "permit" in buttons:
            wish = "permit" if self.chance.random() < LOOKS_AT_OPTIONS else "refuse"
            url, buttons = self._press(url, wish)
        if "accept" in buttons and self.chance.random() < TAKES.get(reason, 0.05):
            self._press(url, "accept")
            return True
        for _ in range(2):  # in Germany a second page confirms
            if "cancel" in buttons:
                url, buttons = self._press(url, "cancel")
        return False

    def _press(self, url: str, do: str, **fields: str) -> tuple[str, list[str]]:
        origin = "/".join(url.split("/", 3)[:3])
        answer = self.web.post(url, data={"do": do} | fields, headers={"Origin": origin})
        there = origin + answer.headers["location"] if answer.status_code == 303 else url
        return there, BUTTON.findall(self.web.get(there).text)
