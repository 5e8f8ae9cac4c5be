from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from app.core.errors import LinkExpired, LinkInvalid
from app.core.links import LIFETIMES, LONGEST_TOKEN, LinkPurpose, LinkSigner, LinkSubject

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SUBJECT = LinkSubject("cus_1", "case_1", 3)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_refused(signer: LinkSigner, purpose: LinkPurpose, token: str) -> bool:
    try:
        signer.read(purpose, token)
    except (LinkInvalid, LinkExpired):
        return True
    return False


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_token_gives_back_its_subject(clock: Clock, purpose: LinkPurpose) -> None:
    signer = LinkSigner(["k"], clock)
    assert signer.read(purpose, signer.sign(purpose, SUBJECT)) == SUBJECT


def test_no_forged_token_is_accepted(clock: Clock) -> None:
    signer = LinkSigner(["k"], clock)
    token = signer.sign(LinkPurpose.CARD, SUBJECT)
    dice = random.Random(20261121)
    forged = set()
    for _ in range(1000):
        place, other = dice.randrange(len(token)), dice.randrange(len(token))
        flipped = list(token)
        for where in {place, other}:
            flipped[where] = chr(ord(flipped[where]) ^ (1 << dice.randrange(7)))
        forged.add("".join(flipped))
        forged.add(token[:place] + dice.choice("AZaz09-_.~= \n\x00é") + token[place + 1 :])
    forged |= {token[:end] for end in range(len(token))}
    forged.discard(token)
    accepted = [t for t in forged if not is_refused(signer, LinkPurpose.CARD, t)]
    assert accepted == []


def test_every_other_spelling_of_the_signature_is_refused(clock: Clock) -> None:
    signer = LinkSigner(["k"], clock)
    token = signer.sign(LinkPurpose.CARD, SUBJECT)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    others = [token[:-1] + c for c in alphabet if c != token[-1]] + [token + c for c in alphabet + " \n!"]
    assert all(is_refused(signer, LinkPurpose.CARD, other) for other in others)


def test_a_token_serves_no_other_purpose(clock: Clock) -> None:
    signer = LinkSigner(["k"], clock)
    for made_for, used_for in permutations(LinkPurpose, 2):
        assert is_refused(signer, used_for, signer.sign(made_for, SUBJECT))


@pytest.mark.parametrize("rubbish", ["", ".", "..", "a.b.c", "\ud800", "x" * (LONGEST_TOKEN + 1)])
def test_rubbish_is_refused_by_name(clock: Clock, rubbish: str) -> None:
    with pytest.raises(LinkInvalid):
        LinkSigner(["k"], clock).read(LinkPurpose.CARD, rubbish)


@pytest.mark.parametrize(("purpose", "lifetime"), [(p, t) for p, t in LIFETIMES.items() if t])
def test_a_link_lives_to_the_second(clock: Clock, purpose: LinkPurpose, lifetime: timedelta) -> None:
    signer = LinkSigner(["k"], clock)
    token = signer.sign(purpose, SUBJECT)
    for seconds in (-1, 0):
        clock.now = NOW + lifetime + timedelta(seconds=seconds)
        assert signer.read(purpose, token) == SUBJECT
    clock.now = NOW + lifetime + timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        signer.read(purpose, token)


@pytest.mark.parametrize("purpose", [LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES])
def test_a_link_to_say_no_lives_for_ever(clock: Clock, purpose: LinkPurpose) -> None:
    signer = LinkSigner(["k"], clock)
    token = signer.sign(purpose, SUBJECT)
    clock.now = NOW + timedelta(days=3650)
    assert signer.read(purpose, token) == SUBJECT


def test_an_old_key_still_reads_and_a_removed_one_does_not(clock: Clock) -> None:
    old = LinkSigner(["old"], clock).sign(LinkPurpose.CARD, SUBJECT)
    rotated = LinkSigner(["new", "old"], clock)
    assert rotated.read(LinkPurpose.CARD, old) == SUBJECT
    fresh = rotated.sign(LinkPurpose.CARD, SUBJECT)
    assert LinkSigner(["new"], clock).read(LinkPurpose.CARD, fresh) == SUBJECT
    assert is_refused(LinkSigner(["new"], clock), LinkPurpose.CARD, old)


def test_the_epoch_is_part_of_the_token(clock: Clock) -> None:
    signer = LinkSigner(["k"], clock)
    other = signer.sign(LinkPurpose.CARD, LinkSubject("cus_1", "case_1", 4))
    assert signer.read(LinkPurpose.CARD, other).epoch == 4
    assert signer.read(LinkPurpose.CARD, other) != SUBJECT


def test_without_a_key_there_is_no_signer(clock: Clock) -> None:
    with pytest.raises(ValueError, match="no key"):
        LinkSigner([], clock)
