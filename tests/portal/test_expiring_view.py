"""What the page about a card that is to expire says, from the case and the customer's visits."""

from __future__ import annotations

import pytest

from app.cases.models import CardSession
from app.cases.states import CardSessionState, CaseState, Outcome
from app.portal.expiring import view_of
from app.portal.states import CardView
from tests.portal.factories import NOW


def visit(state: CardSessionState, session_id: str = "cs_1") -> CardSession:
    done = None if state is CardSessionState.OPEN else NOW
    return CardSession(
        id=session_id, case_id="case_1", customer_id="cus_1", state=state, created_at=NOW, completed_at=done
    )


@pytest.mark.parametrize(
    ("state", "outcome", "visits", "named", "view"),
    [
        (CaseState.OPEN, None, [], None, CardView.DUE),
        (CaseState.OPEN, None, [CardSessionState.OPEN], None, CardView.DUE),  # looked at the page, and left
        (CaseState.OPEN, None, [CardSessionState.OPEN], "cs_1", CardView.SAVING),
        (CaseState.OPEN, None, [CardSessionState.CHARGING], None, CardView.SAVING),
        (CaseState.OPEN, None, [CardSessionState.SAVED], None, CardView.SAVED),
        (CaseState.OPEN, None, [CardSessionState.FAILED], "cs_1", CardView.FAILED),
        (CaseState.HELD, None, [], None, CardView.HELD),
        (CaseState.CLOSED, Outcome.CARD_UPDATED, [], None, CardView.SAVED),
        (CaseState.CLOSED, Outcome.NOT_NEEDED, [], None, CardView.ENDED),
        (CaseState.CLOSED, Outcome.STOPPED, [CardSessionState.FAILED], None, CardView.ENDED),
    ],
)
def test_the_page_says_what_has_become_of_the_card(
    state: CaseState,
    outcome: Outcome | None,
    visits: list[CardSessionState],
    named: str | None,
    view: CardView,
) -> None:
    sessions = [visit(s) for s in visits]
    assert view_of(state, outcome, sessions, named, paused=False) is view


def test_while_nothing_may_leave_no_card_is_asked_for() -> None:
    assert view_of(CaseState.OPEN, None, [], None, paused=True) is CardView.PAUSED
