from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from sqlalchemy import delete, insert, update
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.auth import Scope
from app.ops.dashboard.sections import SECTIONS
from app.proof.models import Proof
from app.stats.names import PlanName
from app.stats.recovery_raw import RECOVERY
from tests.ops.conftest import client, signed_in
from tests.ops.figures import fill_figures
from tests.ops.seed import fill

SHEETS = [(section.name, by) for section in SECTIONS.values() for by in section.sheets]
PLOTTED = [
    *(("glance", by) for by in ("looks", "month", "reasons", "mails")),
    *(("dunning", by) for by in ("month", "class", "step", "time")),
    *(("cancellations", by) for by in ("reason", "month", "offer")),
    *(("retention", by) for by in ("month", "reason", "after_visit", "after_save", "after_return", "after_recovery")),
    ("expiring", "reason"), ("winback", "month"), ("mail", "month"), ("queues", "age"),
]  # fmt: skip
MONEY = re.compile(r"[$€]")


@pytest.fixture
def figures(application: Application, intake: object) -> TestClient:
    """A year of rows, with the figures of a middling business over them."""
    fill(application.db)
    fill_figures(application.db)
    return client(intake)  # type: ignore[arg-type]


def address(section: str) -> str:
    return "/ops" if section == "glance" else f"/ops/{section}"


class Tables(HTMLParser):
    """Every table of a page by what its region is called, as rows of words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._name, self._open, self._aside = "", False, 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (given.get("aria-label") or "").startswith("Table: "):
            self._name = (given["aria-label"] or "").removeprefix("Table: ")
            self.found[self._name] = []
        if tag == "table" and self._name:
            self._open = True
        if self._open and tag == "tr":
            self.found[self._name].append([])
        if self._open and tag in ("td", "th"):
            self.found[self._name][-1].append("")
        if tag == "span" and self._open:
            self._aside += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self._open:
            self._aside -= 1
        if tag == "table":
            self._open, self._name = False, ""

    def handle_data(self, data: str) -> None:
        if self._open and not self._aside and self.found[self._name] and self.found[self._name][-1]:
            self.found[self._name][-1][-1] += data.strip()


def as_number(words: str) -> float | str:
    """`$1,484.00` is 1484.0, `91.7 %` is 0.917; a dash and words stay what they are."""
    plain = words.replace(",", "").replace("$", "").replace("€", "")
    if re.fullmatch(r"-?[\d.]+ %", plain):
        return round(float(plain.removesuffix(" %")) / 100, 3)
    return float(plain) if re.fullmatch(r"-?[\d.]+", plain) else words


def from_csv(text: str) -> list[list[float | str]]:
    """The rows of a CSV with the two columns of a share as the one of the page."""
    head, *rows = csv.reader(io.StringIO(text))
    shares = [place for place, name in enumerate(head) if name.endswith(", of")]
    found = []
    for row in rows:
        cells: list[float | str] = []
        for place, cell in enumerate(row):
            if place in shares:
                whole = float(cell) if cell else 0.0
                cells[-1] = round(float(cells[-1]) / whole, 3) if whole else "–"
            elif not cell:
                cells.append("–")
            else:
                plain = as_number(cell)
                cells.append(
                    round(plain, 3) if "rate" in head[place].lower() and isinstance(plain, float) else plain
                )
        found.append(cells)
    return found


def alike(told: list[float | str], shown: list[float | str]) -> bool:
    """Whether two rows say the same; a page shows shares to a tenth of a percent."""
    return len(told) == len(shown) and all(
        a == b or (isinstance(a, float) and isinstance(b, float) and abs(a - b) < 0.0015)
        for a, b in zip(told, shown, strict=True)
    )


def test_every_table_is_the_same_as_csv(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)
    compared = 0
    for section in SECTIONS.values():
        tables = Tables(browser.get(address(section.name)).text).found
        for by, make in section.sheets.items():
            answer = browser.get(f"/ops/{section.name}.csv?by={by}")
            assert answer.status_code == 200
            assert make is not None
            told = from_csv(answer.text)
            same = [[as_number(c) for c in row] for rows in tables.values() for row in rows[1:]]
            for row in told:
                assert any(alike(row, shown) for shown in same), (section.name, by, row)
                compared += 1
    assert compared > 150


@pytest.mark.same_on_both
def test_every_plot_is_a_plain_drawing_for_light_and_dark(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)
    for section, by in PLOTTED:
        for size in ("large", "small"):
            plot = browser.get(f"/ops/plots/{section}/{by}.svg?size={size}")
            assert plot.headers["content-type"] == "image/svg+xml", (section, by)
            ElementTree.fromstring(plot.text)
            assert "prefers-color-scheme:dark" in plot.text
            assert "<script" not in plot.text
            assert "nothing yet" not in plot.text, (section, by)
            assert "http://" not in plot.text.replace("http://www.w3.org/", "")


@pytest.mark.same_on_both
def test_every_plot_and_csv_is_good_without_a_single_row(web: TestClient) -> None:
    browser = signed_in(web, Scope.READ)
    for section, by in PLOTTED:
        ElementTree.fromstring(browser.get(f"/ops/plots/{section}/{by}.svg").text)
    for section, by in SHEETS:
        answer = browser.get(f"/ops/{section}.csv?by={by}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].endswith(f'filename="{section}-{by}.csv"')


@pytest.mark.same_on_both
def test_nothing_is_told_to_who_is_not_signed_in(web: TestClient) -> None:
    for path in ("/ops", "/ops/dunning", "/ops/dunning.csv?by=month", "/ops/plots/dunning/month.svg"):
        answer = web.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/ops/login")


@pytest.mark.parametrize(
    "path",
    ["/ops/no-such", "/ops/no-such.csv?by=month", "/ops/dunning.csv?by=x", "/ops/plots/dunning/trial.svg"],
)
@pytest.mark.same_on_both
def test_what_does_not_exist_is_a_page_that_says_so(web: TestClient, path: str) -> None:
    assert signed_in(web, Scope.READ).get(path).status_code == 404


@pytest.mark.same_on_both
def test_the_months_the_currency_and_the_plan_go_along_from_page_to_page(figures: TestClient) -> None:
    page = (
        signed_in(figures, Scope.READ)
        .get("/ops/dunning?from=2026-01&to=2026-03&currency=eur&plan=price_solo")
        .text
    )
    kept = "?from=2026-01&amp;to=2026-03&amp;currency=eur&amp;plan=price_solo"
    for section in ("", "/cancellations", "/retention", "/mail"):
        assert f'href="/ops{section}{kept}"' in page
    assert 'href="/ops/dunning?currency=eur&amp;plan=price_solo&amp;months=6"' in page
    assert f'href="/ops/dunning.csv{kept}&amp;by=class"' in page
    assert f'src="/ops/plots/dunning/month.svg{kept}"' in page


def test_a_filter_narrows_the_table_to_its_months_currency_and_plan(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)

    def months(query: str) -> dict[str, str]:
        rows = Tables(browser.get(f"/ops/dunning{query}").text).found["By month of failure"]
        return {row[0]: row[2] for row in rows[1:]}

    narrow = months("?from=2026-01&to=2026-03")
    assert list(narrow) == ["2026-03", "2026-02", "2026-01"]
    assert months("?from=2026-02&to=2026-02")["2026-02"] == narrow["2026-02"]
    assert "€" in months("?currency=eur")["2026-03"]
    plans = [as_number(months(f"?plan={p}")["2026-02"]) for p in ("price_team", "price_solo", "price_year")]
    assert sum(float(p) for p in plans) == as_number(narrow["2026-02"])


@pytest.mark.same_on_both
def test_a_page_says_which_filter_its_figures_do_not_know(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)
    said = "These figures are not kept by plan: they are of all."
    assert said in browser.get("/ops/mail?plan=price_team").text
    assert said not in browser.get("/ops/dunning?plan=price_team").text
    whole, asked = browser.get("/ops").text, browser.get("/ops?plan=x&campaign=dunning").text
    assert "not kept by plan or campaign" in asked
    assert re.findall(r'class="value">([^<]+)', asked) == re.findall(r'class="value">([^<]+)', whole)


@pytest.mark.same_on_both
def test_mails_are_narrowed_to_a_campaign(figures: TestClient) -> None:
    rows = Tables(signed_in(figures, Scope.READ).get("/ops/mail?campaign=winback").text).found["By campaign"]
    assert [row[0] for row in rows[1:]] == ["winback"]


@pytest.mark.same_on_both
def test_every_name_of_a_figure_leads_to_its_definition_on_the_same_page(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)
    for section in SECTIONS:
        page = browser.get(address(section)).text
        wanted = set(re.findall(r'class="means" href="#(means-[^"]+)"', page))
        assert wanted or section in ("expiring", "queues")
        assert wanted <= set(re.findall(r'id="(means-[^"]+)"', page)), section


@pytest.mark.same_on_both
def test_the_glance_shows_the_interval_beside_what_was_collected(figures: TestClient) -> None:
    page = signed_in(figures, Scope.READ).get("/ops").text
    for words in (
        "all causes, not proof", "Would have come anyway", "between <strong>-$", "Not proven yet.", "n = 21 of 30",
        "Mails per recovery", "Complaints", "more months",
    ):  # fmt: skip
        assert words in page, words
    assert "recovered by us" not in page.lower()


@pytest.mark.same_on_both
def test_below_thirty_customers_an_experiment_has_no_number(
    figures: TestClient, application: Application
) -> None:
    with application.db.write() as session:
        session.execute(delete(Proof).where(Proof.experiment != "winback"))
    page = signed_in(figures, Scope.READ).get("/ops").text
    block = page.split('id="proof-h"')[1].split("</section>")[0]
    assert "n = 21 of 30" in block
    assert not MONEY.search(block)


def test_without_a_hold_out_the_glance_says_how_to_measure_and_what_it_would_come_to(
    lively: TestClient,
) -> None:
    page = signed_in(lively, Scope.READ).get("/ops?months=12").text
    assert "nobody is held out" in page
    assert "holdout_share" in page
    assert re.search(r"Holding out 20% of about \d+ failures a month", page)


@pytest.mark.same_on_both
def test_names_of_plans_stay_words_and_no_formula_in_the_csv(
    figures: TestClient, application: Application
) -> None:
    hostile = '=HYPERLINK("http://x")<script>alert(1)</script>'
    with application.db.write() as session:
        session.execute(delete(PlanName))
        session.execute(insert(PlanName).values(plan="price_team", name=hostile))
        session.execute(delete(RECOVERY.table).where(RECOVERY.table.c.category != "hard"))
        session.execute(update(RECOVERY.table).values(category=hostile))
    browser = signed_in(figures, Scope.READ)
    for section in SECTIONS:
        assert "<script>" not in browser.get(address(section)).text
    cells = list(csv.reader(io.StringIO(browser.get("/ops/dunning.csv?by=class").text)))
    assert cells[1][0].startswith("'=HYPERLINK")
    ElementTree.fromstring(browser.get("/ops/plots/dunning/class.svg").text)


@pytest.mark.same_on_both
def test_no_address_on_a_page_names_a_person(figures: TestClient) -> None:
    browser = signed_in(figures, Scope.READ)
    for section in SECTIONS:
        links = re.findall(r'(?:href|src|srcset|action)="([^"]+)"', browser.get(address(section)).text)
        assert not [link for link in links if "@" in link or "example.com" in link]


@pytest.mark.same_on_both
def test_queues_say_what_waits_and_for_how_long(lively: TestClient) -> None:
    rows = Tables(signed_in(lively, Scope.READ).get("/ops/queues").text).found["What waits, and for how long"]
    found = {row[0]: row[1:] for row in rows[1:]}
    assert found["Tasks"] == ["3", "0", "0", "3", "0", "11 h ago"]
    assert found["Dead events"][:1] == ["1"]
    assert found["Doubtful mails"][:1] == ["1"]
