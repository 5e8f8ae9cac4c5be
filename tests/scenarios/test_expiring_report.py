"""The register of plain notices and its report: every plain notice is sent, or left out with a reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import Database
from app.expiring.states import LeftOut
from app.stats.expiring import report
from app.stats.rules import Window
from benchmarks.expiring import START, Business
from tests.rollups import agree_when_kept
from tests.scenarios.diary import open_diary
from tests.scenarios.test_expiring import payer, set_default

pytestmark = pytest.mark.same_on_both


def test_each_plain_notice_of_a_story_has_its_reason(database: Database) -> None:
    with open_diary(database, start="2026-05-01T10:00:00") as diary:
        payer(diary)  # told twice; a month before, the charge of 1 June was still to come
        bo = payer(diary, email="bo@example.com")
        updated = payer(diary, email="cy@example.com")
        diary.until("2026-05-10T10:00:00")
        set_default(diary, bo)  # the old card stays attached, and would be written about
        diary.until("2026-06-05T10:00:00")
        diary.sandbox.control("POST", f"cards/{updated.payment_method}/auto_update")
        diary.until("2026-06-30T20:00:00")
        agree_when_kept(diary.application.db)
        with diary.application.db.read() as session:
            found = report(session, Window(date(2026, 5, 1), date(2026, 6, 30)))
    assert (found.plain, found.sent, found.pending) == (9, 2, 0)
    assert found.left_out == {
        LeftOut.STILL_VALID: 2,
        LeftOut.NOT_CHARGED: 3,
        LeftOut.UPDATED_BY_UPDATER: 2,
    }
    assert found.went_out == 2


def test_on_a_generated_business_the_numbers_add_up(database: Database) -> None:
    business = Business(database.url.render_as_string(hide_password=False), 300)
    business.live_until(START + timedelta(days=25))
    found = business.report()
    business.db.dispose()
    assert found.plain > 5
    assert found.plain == found.sent + found.pending + sum(found.left_out.values())
    assert found.went_out < found.plain
