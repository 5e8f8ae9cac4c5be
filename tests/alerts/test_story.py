"""Alerts and returns over real parts: from the provider's event to the chat and the merchant's backend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.alerts.policy import AlertPolicy
from app.core.db import Database
from tests.hooks.receiver import Receiver, receiving
from tests.scenarios.diary import Diary, configured, open_diary
from tests.scenarios.returning import SETTINGS, invited, inviting

pytestmark = pytest.mark.same_on_both


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def sentences(chat: Receiver) -> list[str]:
    return [json.loads(body)["text"] for _, _, body in chat.requests]


def watching(usd: int) -> Any:
    return configured().model_copy(update={"alerts": AlertPolicy(high_value_minor={"usd": usd})})


def test_a_late_payment_of_great_value_is_told_once_and_names_nobody(
    database: Database, chat: Receiver
) -> None:
    with open_diary(database, config=watching(2900), alert_urls=chat.url) as diary:
        diary.application.keep_chats()
        diary.failing("insufficient_funds", email="ada.planted@example.com", name="Ada Plantington")
        diary.until("2026-04-08T10:00:00")
        case = diary.case().id
        assert sentences(chat) == [
            f"*Late payment of $29.00* (soft funds): <http://testserver/ops/cases/{case}|{case}>"
        ]
        assert b"planted" not in chat.requests[0][2]


def test_deliveries_in_any_order_and_thrice_alert_once(database: Database, chat: Receiver) -> None:
    with open_diary(database, config=watching(1), alert_urls=chat.url) as diary:
        diary.application.keep_chats()
        diary.failing("insufficient_funds", until="2026-04-02T00:00:00")
        diary.hold_deliveries = True
        diary.until("2026-04-01T12:00:00")
        diary.deliver_held(times=3, seed=7)
        diary.until("2026-04-03T12:00:00")
        assert len(sentences(chat)) == 1


def returned(diary: Diary, receiver: Receiver) -> list[dict[str, Any]]:
    diary.tick()
    told = [receiver.verified(i) for i in range(len(receiver.requests))]
    return [m["data"] for m in told if m["type"] == "subscription.returned"]


def test_who_comes_back_by_the_page_is_told_with_price_and_offer(database: Database, chat: Receiver) -> None:
    with open_diary(database, config=inviting(), **SETTINGS) as diary:
        _, chat.secret = diary.application.hook_desk.add(chat.url, [], who="mira")
        ada = invited(diary)
        ada.buy(ada.checkout())
        found = returned(diary, chat)
        (grant,), lapse = ada.grants(), ada.lapse()
        assert [d["how"] for d in found][-1] == "offer"
        assert found[-1]["case"] == ada.case().id
        assert found[-1]["lapsed_subscription"] == lapse.id
        assert found[-1]["subscription"] == lapse.returned_subscription_id
        assert found[-1]["price"] == {"amount_minor": 2900, "currency": "usd"}
        assert found[-1]["offer"] == {"grant": grant.id, "offer": "half", "kind": "percent_off"}
        assert len(found) == len({d["how"] for d in found}), "each way is told once"
