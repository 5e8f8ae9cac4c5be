"""axe on the operator's pages, over a year of rows and over none, at both widths and in both colour schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ops.dashboard.sections import SECTIONS
from tests.browser.measures import overhang, violations
from tests.browser.office import open_office
from tests.browser.ops_pictures import sign_in
from tests.browser.shop import Shop
from tests.browser.walker import Walker
from tests.browser.windows import DESKTOP, PHONE, Scheme, Windows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WINDOWS = [(PHONE, "light"), (DESKTOP, "light"), (DESKTOP, "dark")]
PATHS = (
    *("/ops" if name == "glance" else f"/ops/{name}" for name in SECTIONS),
    "/ops?currency=eur&months=3", "/ops/dunning?from=2026-01&to=2026-06&plan=price_team", "/ops/customers/cus_0051",
    "/ops/cases", "/ops/cases?state=held", "/ops/cases?customer=cus_0055", "/ops/cases/case_0059",
    "/ops/cases/case_0001", "/ops/tasks", "/ops/tasks?state=done", "/ops/events", "/ops/events?state=dead",
    "/ops/mails/mail_step_0050_0", "/ops/mails/mail_unknown",
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a business after a year."""
    with open_office(tmp_path_factory.mktemp("office")) as url:
        yield url


@pytest.fixture
def desks(chromium: Browser, office: str) -> Iterator[Windows]:
    """Windows onto the office; a test fails in which one of them asked anybody else for anything."""
    made = Windows(chromium)
    yield made
    assert made.asked_elsewhere(office) == []


def entered(page: Page, url: str) -> list[str]:
    """What axe finds on the login page; then signed in."""
    page.goto(f"{url}/ops/login")
    found = violations(page)
    sign_in(page, url)
    return found


def looked_at(page: Page, url: str) -> list[str]:
    """What is wrong with one page."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    for summary in page.locator("summary").all():
        summary.click()
    wide = overhang(page)
    return violations(page) + ([f"{wide} points wider than the window"] if wide > 0 else [])


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_axe_finds_nothing_on_the_pages_of_a_year(
    desks: Windows, office: str, width: int, scheme: Scheme
) -> None:
    with desks.open(width, scheme=scheme, scripts=True) as page:
        found = {"/ops/login": entered(page, office)}
        found |= {path: looked_at(page, office + path) for path in PATHS}
        page.goto(f"{office}/ops/cases/no-such-case")
        found["an error"] = violations(page)
    assert [(path, fault) for path, faults in found.items() for fault in faults] == []


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_axe_finds_nothing_on_the_figures_and_cases_of_cancellations(
    windows: Windows, shop: Shop, width: int, scheme: Scheme
) -> None:
    with windows.open(width, scheme=scheme, scripts=True) as page:
        walker = Walker(page)
        walker.open(shop.cancel_link("EU"))
        walker.to_the_offer("EU")
        walker.press("accept")
        walker.open(shop.cancel_link("US-CA"))
        walker.cancel("US-CA")
        shop.application.runner.tick()
        sign_in(page, shop.url)
        found = {
            path: looked_at(page, shop.url + path) for path in ("/ops", "/ops/cancellations", "/ops/cases")
        }
        links = page.locator("main a[href^='/ops/cases/']")
        paths = links.evaluate_all("links => links.slice(0, 3).map(link => link.getAttribute('href'))")
        found |= {path: looked_at(page, shop.url + path) for path in paths}
    assert [(path, fault) for path, faults in found.items() for fault in faults] == []


def test_an_empty_office_is_whole_too(windows: Windows, shop: Shop, tmp_path: Path) -> None:
    with windows.open(scripts=True) as page:
        sign_in(page, shop.url)
        found = {
            p: looked_at(page, shop.url + p) for p in ("/ops/tasks?state=done", "/ops/events?state=dead")
        }
    assert [(path, fault) for path, faults in found.items() for fault in faults] == []
