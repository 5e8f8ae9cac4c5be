"""One person's years: a hard decline, the reminders, the end, the way back, and a second end.

A dated diary over the whole service; the checkout is the return page's, its completion the provider's event.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.cases.states import CaseKind
from app.core.db import Database
from app.offers import repository as grants
from app.offers.models import Grant
from app.winback import service
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.winback import (
    FREE_MONTH,
    READY,
    invitations,
    inviting,
    lapses,
    leave,
    sequences,
    subscribe_anew,
)

pytestmark = pytest.mark.same_on_both


def newest_case(diary: Diary) -> Case:
    return sequences(diary)[-1]


def offer_now(diary: Diary) -> tuple[str | None, dict[str, list[str]]]:
    """What the newest sequence would offer at this moment, and why not what it would not."""
    with diary.application.db.read() as session:
        case = session.get_one(Case, newest_case(diary).id)
        found = service.offer_for(session, case, diary.application.setup, diary.now)
        return found.name, {name: list(why) for name, why in found.refused.items()}


def come_back(diary: Diary, customer: str) -> str:
    """The press on the return page, the checkout, and what the provider tells of it; the new subscription."""
    setup, case_id, key = diary.application.setup, newest_case(diary).id, f"cs_{diary.now:%Y%m%d}"
    with diary.application.db.write() as session:
        case = session.get_one(Case, case_id)
        service.clicked(session, case, diary.now)
        chosen = service.offer_for(session, case, setup, diary.now)
        grant = service.make_offer(session, case, chosen, setup, diary.now) if chosen.name else None
        service.remember_session(session, key, case, grant, diary.now)
    new = subscribe_anew(diary, customer)
    with diary.application.db.write() as session:
        service.completed(session, key, new, setup, diary.now)
    return new


def test_a_life_from_a_hard_decline_to_a_second_end(database: Database) -> None:
    """Edge cases 44, 50: the second end gives no second discount within the time between two."""
    config = inviting({"welcome": FREE_MONTH})
    with open_diary(database, start="2026-03-01T10:00:00", config=config, **READY) as diary:
        ada = diary.subscriber(country="US", start=None)
        diary.flush()
        # March: the card is reported lost; on 1 April the renewal fails, and reminders go out.
        diary.sandbox.decline(ada.payment_method, "lost_card")
        diary.until("2026-04-20T10:00:00")
        assert [c.outcome for c in diary.cases() if c.kind == "dunning"] == ["lost"]
        # The provider has ended the subscription; win-back begins, without a discount.
        (first,) = lapses(diary)
        assert (first.kind, first.state) == ("involuntary", "enrolled")
        assert [name for _, name in invitations(diary)] == ["winback_fix_card"]
        assert offer_now(diary) == (None, {})
        # She comes back through the page, at the full price: nothing was offered.
        diary.until("2026-04-21T10:00:00")
        diary.merchant.payment_methods.attach("pm_card_visa", {"customer": ada.customer})
        diary.sandbox.decline(ada.payment_method, "lost_card", until="2026-04-21T10:00:00")
        second = come_back(diary, ada.customer)
        (first,) = lapses(diary)
        assert (first.returned_how, first.returned_subscription_id) == ("page", second)
        assert newest_case(diary).outcome == "returned"
        # Autumn: she leaves by her own will, is invited, and takes the free month.
        diary.until("2026-09-10T10:00:00")
        assert (lapses(diary)[0].outcome_30, lapses(diary)[0].outcome_90) == ("kept", "kept")
        leave(diary, replace(ada, subscription=second))
        diary.until("2026-10-15T10:00:00")
        assert invitations(diary)[-1][1] == "winback_offer"
        assert offer_now(diary)[0] == "welcome"
        third = come_back(diary, ada.customer)
        assert lapses(diary)[-1].returned_how == "offer"
        with database.read() as session:
            (grant,) = session.scalars(select(Grant))
            assert (grant.state, grant.subscription_id, grant.cost_minor) == ("applied", third, 2900)
        # And leaves again, within a year: she is invited once more, and offered nothing that costs.
        diary.until("2026-12-20T10:00:00")
        leave(diary, replace(ada, subscription=third))
        diary.until("2027-01-25T10:00:00")
        assert invitations(diary)[-1] == ("01-19", "winback_offer")
        assert diary.last_context()["offer"] is None
        name, refused = offer_now(diary)
        assert name is None
        assert refused["welcome"][0].startswith("they took an offer on")
        with database.read() as session:
            assert len(grants.of_customers(session, [ada.customer])) == 1
        assert {c.kind for c in sequences(diary)} == {CaseKind.WINBACK}
        assert [c.outcome for c in sequences(diary)] == ["returned", "returned", None]
