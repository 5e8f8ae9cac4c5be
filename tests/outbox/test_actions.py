from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import ProviderError
from app.outbox.actions import FIRST_RETRY, KEY_LIFETIME, MAX_ATTEMPTS
from tests.outbox.post_office import GONE, NOW, PostOffice

DOWN = ProviderError("500", permanent=False)


class Provider:
    """Answers in turn; the last answer stays."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers, self.keys = list(answers), list[str]()

    def __call__(self, params: dict[str, Any], key: str) -> dict[str, Any]:
        self.keys.append(key)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def office(database: Database) -> PostOffice:
    return PostOffice(database)


@pytest.fixture
def long_ago(office: PostOffice) -> Callable[[str], None]:
    def age(key: str) -> None:
        """The first call was so long ago that the provider has forgotten its key."""
        with office.db.write() as session:
            row = session.get_one(type(office.action(key)), key)
            row.first_called_at = office.db.now() - KEY_LIFETIME - timedelta(seconds=1)

    return age


def test_an_action_is_done_once_and_told_at_the_front_door(office: PostOffice) -> None:
    provider, key = Provider({"status": "paid"}), office.queue_charge()
    assert office.charging(provider).deliver(key) is True
    assert office.charging(provider).deliver(key) is False
    row = office.action(key)
    assert (row.state, row.result, len(provider.keys)) == ("done", {"status": "paid"}, 1)
    assert (office.reports(), office.tasks()) == (["done"], [])


def test_a_failed_call_is_repeated_under_the_same_key_ever_later(office: PostOffice) -> None:
    provider, key = Provider(DOWN), office.queue_charge()
    for attempt in range(MAX_ATTEMPTS - 1):
        office.charging(provider).deliver(key)
        row = office.action(key)
        assert (row.state, row.due_at - office.now) == ("retry", FIRST_RETRY * 2**attempt)
        assert office.charging(provider).deliver(key) is False
        office.now = row.due_at
    office.charging(provider).deliver(key)
    assert (office.action(key).state, office.tasks()) == ("unknown", ["action_unknown"])
    assert set(provider.keys) == {office.action(key).key}


def test_the_providers_own_wish_to_wait_counts(office: PostOffice) -> None:
    provider = Provider(ProviderError("429", permanent=False, retry_after=timedelta(hours=1)))
    key = office.queue_charge()
    office.charging(provider).deliver(key)
    assert office.action(key).due_at == NOW + timedelta(hours=1)


def test_a_refusal_is_final_and_a_person_is_told(office: PostOffice) -> None:
    provider, key = Provider(ProviderError("no such card", permanent=True)), office.queue_charge()
    office.charging(provider).deliver(key)
    assert (office.action(key).state, office.tasks(), office.reports()) == (
        "failed",
        ["action_failed"],
        ["failed"],
    )


def test_a_dead_workers_action_is_tried_again_under_its_key(office: PostOffice) -> None:
    provider, key = Provider({"status": "paid"}), office.queue_charge()
    office.charging(provider)._claim(key)
    assert office.charging(provider).sweep() == 0, "its lease still runs"
    other = office.charging(provider, lease=GONE)
    with office.db.write() as session:
        session.get_one(type(office.action(key)), key).leased_until = office.db.now() + GONE
    assert other.sweep() == 1
    office.charging(provider).deliver(key)
    assert (office.action(key).state, len(provider.keys)) == ("done", 1)


def test_a_dead_workers_action_with_an_old_key_is_unknown(
    office: PostOffice, long_ago: Callable[[str], None]
) -> None:
    provider, key = Provider({"status": "paid"}), office.queue_charge()
    office.charging(provider, lease=GONE)._claim(key)
    long_ago(key)
    assert office.charging(provider).sweep() == 1
    assert (office.action(key).state, office.tasks()) == ("unknown", ["action_unknown"])


def test_an_old_key_is_never_used_again(office: PostOffice, long_ago: Callable[[str], None]) -> None:
    provider, key = Provider(DOWN, {"status": "paid"}), office.queue_charge()
    office.charging(provider).deliver(key)
    long_ago(key)  # the worker was away for a day
    office.now = office.action(key).due_at
    office.charging(provider).deliver(key)
    assert (office.action(key).state, len(provider.keys)) == ("unknown", 1)
    assert office.tasks() == ["action_unknown"]


@pytest.mark.parametrize("answer", [{"status": "paid"}, DOWN, ProviderError("no", permanent=True)])
def test_what_a_zombie_comes_back_with_is_discarded(
    office: PostOffice, answer: dict[str, Any] | Exception
) -> None:
    key = office.queue_charge()

    def overtaken(params: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        office.charging(Provider({})).sweep()
        office.charging(Provider({"status": "by the other"})).deliver(key)
        return Provider(answer)(params, idempotency_key)

    office.charging(overtaken, lease=GONE).deliver(key)
    row = office.action(key)
    assert (row.state, row.result) == ("done", {"status": "by the other"})
    assert (office.reports(), office.tasks()) == (["done"], [])


def test_nothing_is_charged_while_all_is_paused(office: PostOffice) -> None:
    provider, key = Provider({}), office.queue_charge()
    office.pause()
    assert office.charging(provider).deliver(key) is False
    assert (office.action(key).state, provider.keys) == ("queued", [])
