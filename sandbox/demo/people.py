"""What people do with a mail: most nothing; some open its link, press the button and enter a new card; a few go.

Who does what is the simulator's; a notice that comes before anything has failed is read like a first mail.
"""

from __future__ import annotations

import random
import re

import httpx

from sandbox.demo.business import DAY, GOOD_CARD, Business, Person
from sandbox.mailbox.store import Mailbox
from simulator.params import Params

LINK = re.compile(r"https?://\S+/card/[\w.\-]+")
BAD_CARD = "4000000000000341"
REFUSED = 0.1  # of new cards
HEEDS_NOTICE = Params().clicks[0] * Params().completes


class Readers:
    """Reads the demo's mailbox for everybody."""

    def __init__(self, business: Business, mailbox: Mailbox, web: httpx.Client) -> None:
        self.business, self.mailbox, self.web = business, mailbox, web
        self.chance = random.Random(11)
        self.by_address = {p.email: p for p in business.people}
        self.read = 0

    def look(self) -> int:
        """Everybody reads their new mail once; returns how many acted on it."""
        fresh = [m for m in reversed(self.mailbox.newest_first()) if m.number > self.read]
        acted = 0
        for mail in fresh:
            self.read = mail.number
            person = self.by_address.get(mail.recipients[0])
            found = LINK.search(mail.body("plain"))
            if person and not person.gone and found:
                acted += self._take(person, found[0])
        return acted

    def _take(self, person: Person, url: str) -> bool:
        """What this person does about this mail, by its number since the failure; whether it was anything."""
        fate = person.fate
        if fate is None:
            return self.chance.random() < HEEDS_NOTICE and self.act(person, url)
        number, person.mails = person.mails, person.mails + 1
        if self.business.sandbox.now.timestamp() >= person.failed_at + fate.unreachable_after * DAY:
            return False
        if number in fate.cancels:
            self.business.quit(person)
            return True
        return number in fate.pays and self.act(person, url)

    def act(self, person: Person, url: str) -> bool:
        """Follow the mail's link and do what the pages ask for."""
        if self.web.get(url).status_code != 200:
            return False
        answer = self.web.post(url, headers={"Origin": _origin(url)})
        page = answer.headers.get("location", "")
        if answer.status_code != 303 or not page:
            return False
        sandbox = self.business.sandbox
        if "/invoice" in page:
            sandbox.heal(self.business.method_of(person))
            sandbox.confirm_payment(page)
            return True
        number = GOOD_CARD if self.chance.random() >= REFUSED else BAD_CARD
        sandbox.use_card(page, number)
        return True


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
