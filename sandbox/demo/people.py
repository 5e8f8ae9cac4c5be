"""What people do with a mail: most nothing; some open its link, press the button and enter a new card."""

from __future__ import annotations

import random
import re

import httpx

from sandbox.demo.business import Business, Person
from sandbox.mailbox.store import Mail, Mailbox

LINK = re.compile(r"https?://\S+/card/[\w.\-]+")
GOOD_CARD, BAD_CARD = "5555555555554444", "4000000000000341"


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
            if person and not person.gone and self.chance.random() < person.answers:
                acted += self.act(person, mail)
        return acted

    def act(self, person: Person, mail: Mail) -> bool:
        """Follow the mail's link and do what the pages ask for."""
        found = LINK.search(mail.body("plain"))
        if found is None:
            return False
        url = found[0]
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
        number = GOOD_CARD if self.chance.random() < 0.9 else BAD_CARD
        sandbox.use_card(page, number)
        return True


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
