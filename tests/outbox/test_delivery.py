from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.db import Database
from app.core.errors import ProviderError
from app.outbox.delivery import FIRST_RETRY, HOLD_LIMIT, HOLD_RETRY, MAX_ATTEMPTS
from app.outbox.ports import Accepted, MailDeferred, MailInDoubt, MailRefused, Stop
from app.outbox.states import MailPurpose
from tests.outbox.post_office import GONE, NOW, PostOffice, Transport


@pytest.fixture
def office(database: Database) -> PostOffice:
    return PostOffice(database)


def test_a_mail_is_sent_once_and_told_at_the_front_door(office: PostOffice) -> None:
    key = office.queue()
    assert office.delivery().deliver([key, key]) == 1
    mail = office.mail(key)
    assert (mail.state, mail.attempts, mail.provider_id, mail.token) == ("sent", 1, "provider-1", None)
    assert mail.raw is not None
    assert mail.message_id is not None
    assert mail.message_id in mail.raw.decode()
    assert office.reports() == ["sent"]
    assert office.contacts() == [(NOW, True)]
    assert office.delivery().deliver([key]) == 0
    assert len(office.transport.tried) == 1


def test_a_mail_that_is_not_due_is_left_alone(office: PostOffice) -> None:
    key = office.queue()
    office.now = NOW - timedelta(microseconds=1)
    assert office.due_mails() == []
    assert office.delivery().deliver([key]) == 0
    assert office.mail(key).state == "queued"


def test_only_reminders_weigh_in_the_spacing(office: PostOffice) -> None:
    office.delivery().deliver([office.queue(1, MailPurpose.THANK_YOU)])
    assert office.contacts() == [(NOW, False)]


def test_a_deferred_mail_is_tried_again_ever_later_and_then_fails_with_a_task(office: PostOffice) -> None:
    office.transport.answers = [MailDeferred("451 later")]
    key = office.queue()
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        office.delivery().deliver([key])
        assert office.mail(key).state == "retry"
        assert office.delivery().deliver([key]) == 0, "not before its time"
        waits.append(office.mail(key).due_at - office.now)
        office.now = office.mail(key).due_at
    assert waits == [FIRST_RETRY * 2**n for n in range(MAX_ATTEMPTS - 1)]
    assert (office.tasks(), office.contacts()) == ([], [])
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.tasks()) == ("failed", ["mail_failed"])
    assert office.contacts() == [], "what certainly did not leave does not count as a contact"
    assert office.reports() == ["failed"]


def test_the_servers_own_wish_to_wait_counts_if_it_is_longer(office: PostOffice) -> None:
    office.transport.answers = [MailDeferred("later", timedelta(hours=3)), MailDeferred("", timedelta(1e-5))]
    key = office.queue()
    office.delivery().deliver([key])
    assert office.mail(key).due_at == NOW + timedelta(hours=3)
    office.now = office.mail(key).due_at
    office.delivery().deliver([key])
    assert office.mail(key).due_at == office.now + FIRST_RETRY * 2


def test_a_refused_mail_fails_at_once_with_a_task(office: PostOffice) -> None:
    office.transport.answers = [MailRefused("550 no such user")]
    key = office.queue()
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.mail(key).error) == ("failed", "550 no such user")
    assert (office.tasks(), office.reports(), office.contacts()) == (["mail_failed"], ["failed"], [])


def test_a_mail_in_doubt_is_never_sent_again_and_a_person_is_told(office: PostOffice) -> None:
    office.transport.answers = [MailInDoubt("the line broke"), Accepted()]
    key = office.queue()
    office.delivery().deliver([key])
    office.now += timedelta(days=2)
    assert office.due_mails() == []
    office.delivery().deliver([key])
    assert (office.mail(key).state, len(office.transport.tried)) == ("unknown", 1)
    assert (office.tasks(), office.reports()) == (["mail_unknown"], ["unknown"])
    assert office.contacts() == [(NOW, True)], "it may have arrived, so it counts"


def test_a_server_that_refuses_second_copies_is_asked_again_under_the_same_id(office: PostOffice) -> None:
    office.transport = Transport([MailInDoubt("no answer"), Accepted()], timedelta(hours=24))
    key = office.queue()
    office.delivery().deliver([key])
    assert office.mail(key).state == "retry"
    office.now = office.mail(key).due_at
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.tasks()) == ("sent", [])
    assert len({letter.message_id for letter in office.transport.tried}) == 1


def test_outside_the_servers_memory_a_doubtful_mail_is_not_tried_again(office: PostOffice) -> None:
    office.transport = Transport([MailInDoubt("no answer"), Accepted()], timedelta(hours=24))
    key = office.queue()
    office.delivery().deliver([key])
    office.now = NOW + timedelta(hours=24)  # the worker was away meanwhile
    office.delivery().deliver([key])
    assert (office.mail(key).state, len(office.transport.tried)) == ("unknown", 1)
    assert office.tasks() == ["mail_unknown"]


@pytest.mark.parametrize("then", [MailInDoubt("again"), MailDeferred("451"), MailRefused("550")])
def test_a_mail_that_may_have_left_never_counts_as_failed(office: PostOffice, then: Exception) -> None:
    office.transport = Transport([MailInDoubt("no answer"), then], timedelta(days=365))
    key = office.queue()
    for _ in range(MAX_ATTEMPTS):
        office.delivery().deliver([key])
        office.now = office.mail(key).due_at + timedelta(seconds=1)
    assert (office.mail(key).state, office.tasks()) == ("unknown", ["mail_unknown"])


def test_a_mail_whose_worker_died_is_unknown_after_the_lease_and_not_before(office: PostOffice) -> None:
    key, other = office.queue(1), office.queue(2)
    office.delivery()._prepare(key, {})
    office.delivery(lease=GONE)._prepare(other, {})
    assert office.delivery().sweep() == 1
    assert (office.mail(key).state, office.mail(other).state) == ("sending", "unknown")
    assert (office.tasks(), office.reports()) == (["mail_unknown"], ["unknown"])
    assert office.delivery().sweep() == 0
    assert office.delivery().deliver([key, other]) == 0


@pytest.mark.parametrize("answer", [None, MailRefused("550"), MailDeferred("451"), MailInDoubt("?")])
def test_what_a_zombie_comes_back_with_is_discarded(office: PostOffice, answer: Exception | None) -> None:
    office.transport.answers = [answer]
    key = office.queue()
    zombie = office.delivery(lease=GONE)
    claimed = zombie._prepare(key, {})
    assert claimed is not None
    assert claimed[1] is not None
    office.delivery().sweep()
    zombie._send(claimed[0], claimed[1])
    assert office.mail(key).state == "unknown"
    assert (office.tasks(), office.reports()) == (["mail_unknown"], ["unknown"])
    assert len(office.contacts()) == 1


def test_nothing_leaves_while_all_is_paused(office: PostOffice) -> None:
    key = office.queue()
    office.pause()
    assert office.delivery().deliver([key]) == 0
    assert (office.mail(key).state, office.mail(key).attempts) == ("queued", 0)
    assert office.transport.tried == []


@pytest.mark.parametrize(("mode", "why"), [("shadow", "shadow"), ("allowlist:@staff.example", "allowlist")])
def test_a_withheld_mail_is_rendered_and_told_but_does_not_leave(
    office: PostOffice, mode: str, why: str
) -> None:
    key = office.queue()
    office.delivery(mode).deliver([key])
    mail = office.mail(key)
    assert (mail.state, mail.withheld, mail.raw is not None) == ("cancelled", why, True)
    assert (office.transport.tried, office.reports(), office.tasks()) == ([], ["cancelled"], [])


def test_an_allowed_address_gets_its_mail(office: PostOffice) -> None:
    key = office.queue()
    office.delivery("allowlist:@example.com").deliver([key])
    assert office.mail(key).state == "sent"


def test_a_guard_that_says_no_for_good_cancels_and_else_the_mail_waits_a_minute(office: PostOffice) -> None:
    first, second = office.queue(1), office.queue(2)
    office.guard.stop = Stop("the case is closed")
    office.delivery().deliver([first])
    office.guard.stop = Stop("an event is still to be processed", NOW + timedelta(minutes=1))
    office.delivery().deliver([second])
    assert (office.mail(first).state, office.mail(first).error) == ("cancelled", "the case is closed")
    waiting = office.mail(second)
    assert (waiting.state, waiting.due_at) == ("queued", NOW + timedelta(minutes=1))
    assert (office.transport.tried, office.reports()) == ([], ["cancelled"])
    office.guard.stop = None
    office.now += timedelta(minutes=1)
    office.delivery().deliver(office.due_mails())
    assert office.mail(second).state == "sent"


def test_a_guard_may_say_when_to_ask_again(office: PostOffice) -> None:
    key = office.queue()
    office.guard.stop = Stop("it is night", NOW + timedelta(hours=9))
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.mail(key).due_at) == ("queued", NOW + timedelta(hours=9))
    assert office.due_mails() == []


def test_waiting_uses_up_no_tries_and_forgets_no_doubt(office: PostOffice) -> None:
    office.transport = Transport([MailInDoubt("no answer"), Accepted()], timedelta(hours=2))
    key = office.queue()
    office.delivery().deliver([key])
    for _ in range(MAX_ATTEMPTS + 2):
        office.now = office.mail(key).due_at
        office.guard.stop = Stop("an event is still to be processed", office.now + timedelta(minutes=1))
        office.delivery().deliver([key])
    assert (office.mail(key).state, office.mail(key).attempts) == ("queued", 1)
    office.guard.stop = None
    office.now += timedelta(hours=2)
    office.delivery().deliver([key])
    assert (office.mail(key).state, len(office.transport.tried)) == ("unknown", 1)


def test_nothing_is_sent_on_old_knowledge_and_after_six_hours_a_person_is_told(office: PostOffice) -> None:
    key = office.queue()
    office.guard.error = ProviderError("no answer", permanent=False)
    while office.now <= NOW + HOLD_LIMIT:
        assert office.due_mails() == [key]
        assert office.delivery().deliver([key]) == 0
        assert office.mail(key).due_at == office.now + HOLD_RETRY
        assert office.tasks() == []
        office.now += HOLD_RETRY
    office.delivery().deliver([key])
    office.now += HOLD_RETRY
    office.delivery().deliver([key])
    assert office.tasks() == ["mail_held"]
    office.guard.error = None
    office.now += HOLD_RETRY
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.mail(key).held_since) == ("sent", None)


def test_a_new_silence_of_the_provider_is_timed_anew(office: PostOffice) -> None:
    key = office.queue()
    silence = ProviderError("no answer", permanent=False)
    office.guard.error = silence
    office.delivery().deliver([key])
    office.guard.error, office.transport.answers = None, [MailDeferred("451", timedelta(hours=8))]
    office.now += HOLD_RETRY
    office.delivery().deliver([key])
    office.guard.error = silence
    office.now += timedelta(hours=8)
    office.delivery().deliver([key])
    assert office.tasks() == []


def test_a_held_mail_in_another_workers_hand_is_left_alone(office: PostOffice) -> None:
    key = office.queue()
    office.delivery()._prepare(key, {})
    office.guard.error = ProviderError("no answer", permanent=False)
    office.delivery().deliver([key])
    assert (office.mail(key).state, office.mail(key).held_since) == ("sending", None)


def test_a_mail_that_cannot_be_made_does_not_stop_the_ones_behind_it(office: PostOffice) -> None:
    poison, good = office.queue(1, breaks="a bug"), office.queue(2)
    with pytest.raises(RuntimeError, match="a bug"):
        office.delivery().deliver([poison, good])
    assert office.mail(good).state == "sent"
    assert office.mail(poison).state == "retry"
    assert office.mail(poison).due_at > office.now
    for _ in range(MAX_ATTEMPTS - 1):
        office.now = office.mail(poison).due_at
        with pytest.raises(RuntimeError):
            office.delivery().deliver([poison])
    assert (office.mail(poison).state, office.tasks()) == ("failed", ["mail_failed"])


def test_an_error_nobody_foresaw_on_the_wire_leaves_doubt(office: PostOffice) -> None:
    office.transport.answers = [RuntimeError("a bug"), Accepted()]
    broken, good = office.queue(1), office.queue(2)
    with pytest.raises(RuntimeError):
        office.delivery().deliver([broken, good])
    assert (office.mail(broken).state, office.mail(good).state) == ("unknown", "sent")
    assert office.tasks() == ["mail_unknown"]


def test_live_state_is_read_again_when_a_batch_takes_long(office: PostOffice) -> None:
    keys = [office.queue(n) for n in range(4)]
    office.delivery(look_again_after=timedelta(0)).deliver(keys)
    assert office.guard.looked == [keys[n:] for n in range(4)]
    more = [office.queue(n) for n in range(4, 8)]
    office.guard.looked.clear()
    office.delivery().deliver(more)
    assert office.guard.looked == [more]
