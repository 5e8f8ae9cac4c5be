"""Cases as the merchant's backend hears of them, over real parts; and what it hears of somebody erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from app.core.db import Database
from app.hooks.models import HookMessage
from app.privacy.service import erase
from tests.hooks.receiver import Receiver
from tests.privacy.scan import leaks
from tests.scenarios.diary import Diary, configured, open_diary

pytestmark = pytest.mark.same_on_both


def listen(diary: Diary, receiver: Receiver) -> None:
    endpoint, receiver.secret = diary.application.hook_desk.add(receiver.url, [], who="mira")
    assert diary.application.hook_desk.test(endpoint.id, who="mira").state == "sent"
    receiver.requests.clear()


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [receiver.verified(i) for i in range(len(receiver.requests))]


def test_a_case_is_told_when_it_opens_and_when_it_is_recovered(
    database: Database, receiver: Receiver
) -> None:
    with open_diary(database) as diary:
        listen(diary, receiver)
        ada = diary.failing("insufficient_funds", email="ada.planted@example.com", name="Ada Plantington")
        diary.until("2026-04-06T10:00:00")
        (opened,) = told(receiver)
        assert opened["type"] == "case.opened"
        data, invoice = opened["data"], diary.newest_invoice(ada)
        assert (data["customer"], data["case"], data["outcome"]) == (ada.customer, diary.case().id, None)
        (line,) = data["invoices"]
        assert (line["invoice"], line["subscription"], line["result"]) == (invoice, ada.subscription, None)
        shown = diary.merchant.invoices.retrieve(invoice)
        assert line["at_risk"] == {"amount_minor": shown.amount_due, "currency": "usd"}
        assert data["access"]["state"] == "grace"
        assert datetime.fromisoformat(data["access"]["until"]).day == 15

        diary.sandbox.heal(ada.payment_method)
        diary.until("2026-05-10T10:00:00")
        recovered = told(receiver)[1:]
        assert [(m["type"], m["data"]["outcome"]) for m in recovered] == [("case.recovered", "recovered")]
        assert recovered[0]["data"]["invoices"][0]["paid"] == line["at_risk"]
        assert recovered[0]["data"]["access"]["state"] == "ok"
        bodies = b" ".join(body for _, _, body in receiver.requests).decode().lower()
        assert "planted" not in bodies
        assert "plantington" not in bodies


def test_a_lost_case_is_told_with_access_that_has_ended(database: Database, receiver: Receiver) -> None:
    with open_diary(database, config=configured()) as diary:
        listen(diary, receiver)
        diary.failing("insufficient_funds")
        diary.until("2026-05-10T10:00:00")
        assert diary.case().outcome == "lost"
        assert [m["type"] for m in told(receiver)] == ["case.opened", "case.lost"]
        assert told(receiver)[1]["data"]["access"]["state"] == "restricted"


def test_deliveries_in_any_order_and_twice_are_told_once(database: Database, receiver: Receiver) -> None:
    with open_diary(database) as diary:
        listen(diary, receiver)
        diary.failing("insufficient_funds", until="2026-04-02T00:00:00")
        diary.hold_deliveries = True
        diary.until("2026-04-01T12:00:00")
        diary.deliver_held(times=3, seed=7)
        diary.until("2026-04-03T12:00:00")
        assert [m["type"] for m in told(receiver)] == ["case.opened", "case.recovered"]


def test_of_somebody_erased_nothing_is_told_any_more_and_nothing_is_kept(
    database: Database, receiver: Receiver
) -> None:
    with open_diary(database) as diary:
        listen(diary, receiver)
        receiver.answers = [500]
        ada = diary.failing("lost_card")
        diary.until("2026-04-01T11:00:01")
        tried = len(receiver.requests)
        assert tried == 1
        assert any(table == HookMessage.__tablename__ for table, _, _ in leaks(database, [ada.customer]))
        application = diary.application
        erase(database, ada.customer, vault=application.vault, who="mira", why=None, now=diary.now)
        assert leaks(database, [ada.customer]) == []
        receiver.answers = [200]
        diary.until("2026-04-20T10:00:00")
        assert len(receiver.requests) == tried
