"""What the law has us keep outlives an erasure: sealed, read for a reason only, and deleted in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.acts import OperatorAct
from app.core.db import Database
from app.core.errors import InvalidInput
from app.core.sealing import Sealer
from app.outbox.models import Mail
from app.privacy import restricted
from app.privacy.models import RestrictedRecord
from app.privacy.restricted import Opened, Vault
from app.privacy.retention import sweep
from app.privacy.service import erase
from sandbox.building import Subscriber
from tests.privacy.scan import leaks
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.test_privacy import ADDRESS, NAME, WORDS

pytestmark = pytest.mark.same_on_both

KEY = "another key of forty characters or so ..."


@contextmanager
def lost_and_erased(database: Database) -> Iterator[tuple[Diary, Subscriber]]:
    """Nobody paid, so a last notice went; then the person was erased."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card", email=ADDRESS, name=NAME)
        diary.until("2026-05-10T10:00:00")
        assert diary.case().outcome == "lost"
        application = diary.application
        erase(application.db, ada.customer, vault=application.vault, who="mira", why=None, now=diary.now)
        yield diary, ada


def read(diary: Diary, ada: Subscriber, vault: Vault | None = None) -> list[Opened]:
    vault = vault or diary.application.vault
    return restricted.read(
        diary.application.db, vault, customer_id=ada.customer, who="mira", why="claim 7", now=diary.now
    )


def records(diary: Diary) -> list[RestrictedRecord]:
    with diary.application.db.read() as session:
        return list(session.scalars(select(RestrictedRecord)))


def test_the_last_notice_is_kept_sealed_and_nothing_of_it_is_found_by_searching(database: Database) -> None:
    """Edge case 58 of cancelling: texts go, what the law has us keep is restricted."""
    with lost_and_erased(database) as (diary, ada):
        (row,) = records(diary)
        assert row.kind == "notice"
        assert leaks(database, {*WORDS, ada.customer}) == []
        with diary.application.db.read() as session:
            assert all(not mail.raw and not mail.to_address for mail in session.scalars(select(Mail)))


def test_it_is_read_with_a_reason_and_the_reading_is_an_act(database: Database) -> None:
    with lost_and_erased(database) as (diary, ada):
        (record,) = read(diary, ada)
        assert record.content is not None
        assert record.content["row"]["to_address"] == ADDRESS
        assert "subscription has ended" in record.content["row"]["text"]
        by_address = restricted.read(
            diary.application.db, diary.application.vault, address=ADDRESS.upper(), who="mira", why="claim 7",
            now=diary.now,
        )  # fmt: skip
        assert by_address == [record]
        with diary.application.db.read() as session:
            acts = session.scalars(select(OperatorAct).where(OperatorAct.act == "restricted.read")).all()
        assert [(a.who, a.why, a.after) for a in acts] == [("mira", "claim 7", {"records": [record.id]})] * 2
        assert leaks(database, {*WORDS, ada.customer}) == []


def test_without_a_reason_it_is_not_read(database: Database) -> None:
    with open_diary(database) as diary:
        for why in ("", "  \n "):
            with pytest.raises(InvalidInput, match="why"):
                restricted.read(
                    diary.application.db, diary.application.vault, customer_id="cus_1", who="x", why=why,
                    now=diary.now,
                )  # fmt: skip


def test_a_reading_that_finds_nothing_is_an_act_as_well(database: Database) -> None:
    with open_diary(database) as diary:
        found = restricted.read(
            diary.application.db,
            diary.application.vault,
            customer_id="cus_no",
            who="x",
            why="y",
            now=diary.now,
        )
        assert found == []
        with diary.application.db.read() as session:
            assert session.scalars(select(OperatorAct.act)).all() == ["restricted.read"]


def test_after_three_years_it_is_deleted_and_not_a_day_before(database: Database) -> None:
    with lost_and_erased(database) as (diary, _):
        policy = diary.application.config.retention
        (row,) = records(diary)
        assert row.keep_until == row.made_at + timedelta(days=policy.legal_days)
        sweep(diary.application.db, policy, row.keep_until - timedelta(seconds=1))
        assert len(records(diary)) == 1
        swept = sweep(diary.application.db, policy, row.keep_until)
        assert (swept["restricted"], records(diary)) == (1, [])


def test_a_new_key_takes_over_within_a_day_and_the_old_one_may_go(database: Database) -> None:
    with lost_and_erased(database) as (diary, ada):
        application = diary.application
        both = replace(application.vault, sealer=Sealer([KEY, *application.secret_keys], restricted.USE))
        alone = replace(application.vault, sealer=Sealer([KEY], restricted.USE))
        assert read(diary, ada, alone)[0].content is None
        for expected in (1, 0):
            swept = sweep(application.db, application.config.retention, diary.now, both)
            assert swept["resealed"] == expected
        assert read(diary, ada, alone)[0].content is not None
        assert (
            sweep(application.db, application.config.retention, diary.now, application.vault)["resealed"] == 0
        )
