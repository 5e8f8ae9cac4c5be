"""The one question after a cancellation elsewhere: GET asks, POST keeps the first answer and thanks for all."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.billing import repository as billing
from app.cancellation.models import CancelVisit
from app.cancellation.rules.policy import CancellationPolicy, Reason
from app.cases.models import Case
from app.cases.states import CaseState, Outcome
from app.core.db import Database
from app.core.links import LIFETIMES, LinkPurpose, LinkSubject
from app.pipeline import Setup
from tests.portal.factories import NOW, FakeApplication, customer, dump

SUBJECT = LinkSubject("cus_1", "case_1", 0)


class SurveyApplication(FakeApplication):
    """The application with what the question is configured with."""

    reasons = CancellationPolicy(reasons={"seasonal": Reason(label="Only <in> summer")})

    @property
    def cancelling(self) -> Setup:
        return Setup(self.policy, self.setup.terms, lambda _: "", cancellation=self.reasons)


@pytest.fixture
def left(database: Database) -> SurveyApplication:
    """A customer who cancelled by another way, and is asked why."""
    application = SurveyApplication(database)
    with database.write() as session:
        billing.save(session, [customer()])
        session.add(case())
    return application


def case(**more: object) -> Case:
    values = {
        "id": "case_1", "kind": "cancellation", "customer_id": "cus_1", "subject_id": "sub_1",
        "state": CaseState.CLOSED, "outcome": Outcome.CANCELLED, "category": "elsewhere", "opened_at": NOW,
        "closed_at": NOW, "policy_version": "", "experiment_arm": "standard", "propensity": 1.0, "details": {},
    }  # fmt: skip
    return Case(**(values | more))


def link(application: FakeApplication, subject: LinkSubject = SUBJECT) -> str:
    return f"/survey/{application.links.sign(LinkPurpose.SURVEY, subject)}"


def answers(application: FakeApplication) -> list[tuple[str | None, str | None]]:
    with application.db.read() as session:
        return [(v.reason, v.comment) for v in session.scalars(select(CancelVisit))]


def test_looking_changes_nothing(left: SurveyApplication) -> None:
    before = dump(left.db)
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        assert left.client().request(method, link(left)).status_code == status
    assert dump(left.db) == before


def test_the_question_names_every_reason_of_the_merchant_and_presses_none(left: SurveyApplication) -> None:
    html = left.client().get(link(left)).text
    values = re.findall(r'type="radio" name="reason" value="([^"]+)"', html)
    assert values == list(left.reasons.reasons)
    assert "Only &lt;in&gt; summer" in html
    assert "It is too expensive" in html
    assert "checked" not in html
    assert "required" not in html


def test_the_page_offers_nothing_and_shows_no_name_and_no_address(left: SurveyApplication) -> None:
    """It was asked once, to who has left: no offer, no regret, nothing about the person."""
    html = left.client().get(link(left)).text
    for word in ("Private", "jane@", "cus_1", "sub_1", "case_1", "offer", "discount", "sorry", "miss you"):
        assert word not in html


def test_an_answer_is_kept_on_the_case_and_as_a_visit(left: SurveyApplication) -> None:
    client = left.client()
    answer = client.post(link(left), data={"reason": "moved", "comment": "  Off to the sea.  "})
    assert (answer.status_code, answer.headers["location"]) == (303, link(left))
    assert "Thank you" in client.get(link(left)).text
    with left.db.read() as session:
        visit = session.scalars(select(CancelVisit)).one()
        assert session.get_one(Case, "case_1").category == "moved"
        assert (visit.case_id, visit.number, visit.entry, visit.screen) == ("case_1", 1, "survey", "ended")
        assert (visit.reason, visit.comment, visit.declared_at) == ("moved", "Off to the sea.", None)
        assert (visit.preset, visit.country, visit.started_at) == ("DE", "DE", NOW)


def test_a_second_answer_changes_nothing_and_is_thanked_for(left: SurveyApplication) -> None:
    client = left.client()
    client.post(link(left), data={"reason": "moved"})
    before = dump(left.db)
    assert client.post(link(left), data={"reason": "too_expensive", "comment": "No!"}).status_code == 303
    assert dump(left.db) == before
    assert "Thank you" in client.get(link(left)).text


def test_a_comment_alone_is_an_answer_and_leaves_the_case_as_it_is(left: SurveyApplication) -> None:
    left.client().post(link(left), data={"reason": "made up", "comment": "x" * 9000})
    assert answers(left) == [(None, "x" * 5000)]
    with left.db.read() as session:
        assert session.get_one(Case, "case_1").category == "elsewhere"


@pytest.mark.parametrize("data", [{}, {"reason": "made up"}, {"comment": "   "}])
def test_an_answer_that_says_nothing_does_not_use_up_the_question(
    left: SurveyApplication, data: dict[str, str]
) -> None:
    client, before = left.client(), dump(left.db)
    assert client.post(link(left), data=data).status_code == 303
    assert dump(left.db) == before
    assert 'name="reason"' in client.get(link(left)).text


@pytest.mark.parametrize(
    "subject",
    [
        replace(SUBJECT, epoch=1),
        replace(SUBJECT, customer_id="cus_2"),
        replace(SUBJECT, subject_id="case_2"),
        replace(SUBJECT, subject_id="case_gone"),
    ],
    ids=["another epoch", "another customer", "a case of another kind", "no case"],
)
def test_a_link_opens_only_the_case_it_was_made_for(left: SurveyApplication, subject: LinkSubject) -> None:
    with left.db.write() as session:
        session.add(case(id="case_2", kind="dunning", subject_id="", category="card_data"))
    for method in ("GET", "POST"):
        answer = left.client().request(method, link(left, subject), params={"reason": "moved"})
        assert answer.status_code == 404
    assert answers(left) == []


def test_a_link_of_another_purpose_or_a_forged_one_opens_nothing(left: SurveyApplication) -> None:
    undo = left.links.sign(LinkPurpose.UNDO, SUBJECT)
    for path in (f"/survey/{undo}", "/survey/forged", "/survey/"):
        for method in ("GET", "POST"):
            assert left.client().request(method, path).status_code == 404


def test_an_old_link_says_that_it_has_expired(left: SurveyApplication) -> None:
    path, lifetime = link(left), LIFETIMES[LinkPurpose.SURVEY]
    assert lifetime is not None
    left.at = NOW + lifetime * 2
    assert left.client().get(path).status_code == 410
    assert left.client().post(path, data={"reason": "moved"}).status_code == 410
    assert answers(left) == []


def test_a_form_of_another_site_answers_nothing(left: SurveyApplication) -> None:
    for headers in ({"Origin": "https://eve.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert left.client().post(link(left), data={"reason": "moved"}, headers=headers).status_code == 403
    assert answers(left) == []


def test_who_is_gone_from_our_rows_is_still_asked_in_the_merchants_language(
    database: Database,
) -> None:
    application = SurveyApplication(database)
    with database.write() as session:
        session.add(case())
    assert application.client().get(link(application)).status_code == 200


def test_the_page_has_the_strict_headers(left: SurveyApplication) -> None:
    answer = left.client().get(link(left))
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert "style=" not in answer.text
