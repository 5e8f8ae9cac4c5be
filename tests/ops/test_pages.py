from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.billing.models import Customer, Invoice
from app.bootstrap import Application
from app.cases.models import Case, TimelineEntry
from app.core.auth import Scope
from app.inbound.models import InboundEvent
from app.ops.dashboard.sections import SECTIONS as SECTION_NAMES
from app.outbox.models import Mail, Task
from tests.ops.conftest import BASE, signed_in, token_of

SECTIONS = ["/ops", *(f"/ops/{name}" for name in SECTION_NAMES if name != "glance")]
EMPTY = [*SECTIONS, "/ops?months=0", "/ops/cases", "/ops/cases?state=held", "/ops/tasks", "/ops/tasks?state=done",
         "/ops/events", "/ops/events?state=dead"]  # fmt: skip
FULL = [*EMPTY, "/ops?currency=eur&months=3", "/ops/cases/case_0059", "/ops/cases/case_0001",
        "/ops/mails/mail_step_0050_0", "/ops/mails/mail_unknown", "/ops/cases?customer=cus_0055",
        "/ops/customers/cus_0059", "/ops/customers/cus_0001"]  # fmt: skip
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


def test_every_page_is_good_without_a_single_row(web: TestClient) -> None:
    browser = signed_in(web, Scope.OPERATE)
    for path in EMPTY:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert 'class="empty"' in page.text or path == "/ops/queues", path


def test_every_page_is_good_with_a_year_of_rows(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    for path in FULL:
        assert browser.get(path).status_code == 200, path


def test_pages_load_nothing_from_elsewhere_and_run_no_script(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    for path in ["/ops/login", *FULL]:
        page = browser.get(path, follow_redirects=True)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe-inline" not in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert "<script" not in page.text
        assert not re.search(r'(?:src|href|srcset|action)="(?!/|data:,|#)', page.text), path
        assert not re.search(r'\sstyle="', page.text), path


def test_the_strip_names_everything_that_needs_a_person(lively: TestClient) -> None:
    page = signed_in(lively, Scope.READ).get("/ops").text
    for words in (
        "quiet weekend",
        "could not be processed",
        "may or may not have left",
        "another mode",
        "kept aside",
    ):
        assert words in page
    assert "reclaim resume" in page


def test_nothing_is_shown_where_nothing_needs_a_person(web: TestClient) -> None:
    assert "Needs attention" not in signed_in(web, Scope.READ).get("/ops").text


def hostile_customer(application: Application) -> None:
    with application.db.write() as session:
        session.execute(update(Customer).where(Customer.id == "cus_0059").values(name=HOSTILE, email=HOSTILE))


def hostile_rows(application: Application) -> None:
    with application.db.write() as session:
        session.execute(update(Invoice).values(label=HOSTILE, number=HOSTILE))
        session.execute(update(TimelineEntry).values(sentence=HOSTILE, code=HOSTILE))
        session.execute(update(Case).where(Case.id == "case_0059").values(held_reason=HOSTILE))
        session.execute(update(Mail).values(subject=HOSTILE, error=HOSTILE))
        session.execute(update(Task).values(title=HOSTILE, detail=HOSTILE, kind=HOSTILE))
        session.execute(update(InboundEvent).values(type=HOSTILE, error=HOSTILE, object_id=HOSTILE))


@pytest.mark.parametrize("spoil", [hostile_customer, hostile_rows])
def test_words_of_strangers_stay_words(
    lively: TestClient, application: Application, spoil: Callable[[Application], None]
) -> None:
    spoil(application)
    browser = signed_in(lively, Scope.OPERATE)
    for path in FULL:
        page = browser.get(path).text
        assert "<script>" not in page, path
        assert "<img src=x" not in page, path
        assert "49" not in re.findall(r"onerror=alert\(2\)&gt;(\d+)", page)


def test_a_stored_mail_is_shown_in_a_frame_that_can_do_nothing(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.READ)
    page = browser.get("/ops/mails/mail_step_0050_0").text
    assert re.search(r'<iframe src="/ops/mails/mail_step_0050_0/html" sandbox title=', page)
    assert "Your payment did not go through" in page
    frame = browser.get("/ops/mails/mail_step_0050_0/html")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    assert "frame-ancestors 'self'" in policy
    assert "Update the card" in frame.text


def test_holding_a_case_on_its_page_works_and_shows_who_did_it(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    form = {"token": token_of(browser), "reason": "they called"}
    answer = browser.post("/ops/cases/case_0055/hold", data=form, headers={"Origin": BASE})
    assert answer.headers["location"] == "/ops/cases/case_0055"
    assert "they called (by operate-key)" in browser.get("/ops/cases/case_0055").text


def test_an_act_that_is_not_possible_is_a_page_that_says_why(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    answer = browser.post(
        "/ops/cases/case_0000/close", data={"token": token_of(browser)}, headers={"Origin": BASE}
    )
    assert answer.status_code == 409
    assert "is closed already" in answer.text
    unknown = browser.post(
        "/ops/cases/case_0055/burn", data={"token": token_of(browser)}, headers={"Origin": BASE}
    )
    assert unknown.status_code == 404


def test_a_dead_event_is_replayed_from_its_page(lively: TestClient, application: Application) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    form = {"token": token_of(browser)}
    assert browser.post("/ops/events/21/replay", data=form, headers={"Origin": BASE}).status_code == 303
    assert browser.post("/ops/events/22/replay", data=form, headers={"Origin": BASE}).status_code == 409
    assert browser.post("/ops/events/999/replay", data=form, headers={"Origin": BASE}).status_code == 404
    with application.db.read() as session:
        assert session.scalars(select(InboundEvent.state).where(InboundEvent.id == 21)).one() == "received"


def test_the_list_of_cases_is_paged(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.READ)
    first = browser.get("/ops/cases").text
    older = re.search(r'href="(/ops/cases\?cursor=[^"]+)" rel="next"', first)
    assert older
    second = browser.get(older[1]).text
    shown = [set(re.findall(r"/ops/cases/(case_\d+)", page)) for page in (first, second)]
    assert len(shown[0]) == 50
    assert len(shown[1]) == 10
    assert not shown[0] & shown[1]


@pytest.mark.parametrize(
    "path",
    ["/ops?months=x", "/ops?from=2026-13", "/ops?from=2026-05&to=2026-04", "/ops/cases?state=x",
     "/ops/cases?cursor=x", "/ops/events?before=0"],
)  # fmt: skip
def test_a_wrong_parameter_is_a_page_that_says_what_is_wrong(web: TestClient, path: str) -> None:
    answer = signed_in(web, Scope.READ).get(path)
    assert answer.status_code == 422
    assert "Cannot be used" in answer.text
