"""What a simulated world promises: the same luck for every policy, and no policy that sees behind the curtain."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from simulator.ledger import BY_MAIL, BY_RETRY, Ledger
from simulator.observation import Observation
from simulator.params import CYCLES, NSF, Params, drawn
from simulator.policies.mailing import AfterEveryFailure, NoMails, OnDays
from simulator.retries import PROVIDER
from simulator.running import run
from simulator.world import CODES, Latent, Luck, World
from simulator.worlds import MADE, NULL

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def world() -> World:
    return World(Params(), seed=1, people=3000)


def same(one: Ledger, other: Ledger) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Ledger))


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: World) -> None:
    again, other = World(Params(), seed=1, people=3000), World(Params(), seed=2, people=3000)
    assert same(run(world, OnDays((0, 3))), run(again, OnDays((0, 3))))
    assert not same(run(world, OnDays((0, 3))), run(other, OnDays((0, 3))))


def test_a_policy_sees_nothing_that_only_the_world_knows() -> None:
    hidden = {f.name for kind in (Latent, Luck, Params) for f in fields(kind)}
    assert not hidden & {f.name for f in fields(Observation)}


def test_the_service_never_imports_the_simulator() -> None:
    imports = re.compile(r"^\s*(from|import) simulator\b", re.MULTILINE)
    assert imports.search(Path(__file__).read_text("utf-8")), "the pattern finds this file's own"
    assert not [path for path in (ROOT / "app").rglob("*.py") if imports.search(path.read_text("utf-8"))]


def test_a_mail_changes_nothing_before_the_day_it_is_sent(world: World) -> None:
    silent, late = run(world, NoMails()), run(world, OnDays((7,)))
    before = silent.paid & (silent.paid_on < 7)
    assert np.array_equal(silent.paid_on[before], late.paid_on[before])
    assert np.array_equal(before, late.paid & (late.paid_on < 7))


def test_a_mail_can_only_bring_a_payment_forward_or_end_in_a_cancellation(world: World) -> None:
    silent, written = run(world, NoMails()), run(world, OnDays((0, 3, 7)))
    lost = silent.paid & ~written.paid
    assert written.cancelled[lost].all()
    assert (written.paid_on[written.paid & silent.paid] <= silent.paid_on[written.paid & silent.paid]).all()


def test_nobody_is_written_to_who_has_paid_cancelled_unsubscribed_or_complained(world: World) -> None:
    loud = World(replace(Params(), unsubscribes=0.3, complains=0.2), seed=1, people=2000)
    came = run(loud, OnDays(tuple(range(14))))
    first_day = came.paid & (came.paid_on == 0)
    assert (came.mails[first_day] <= 1).all()
    assert (came.mails[came.cancelled] <= came.cancelled_on[came.cancelled] + 1).all()
    assert came.mails.mean() < 3, "half of them stop it with each mail"


def test_where_a_mail_does_nothing_every_way_of_writing_brings_the_same() -> None:
    null = World(MADE[NULL], seed=1, people=1500)
    silent = run(null, NoMails())
    for policy in (OnDays((0, 3, 7)), AfterEveryFailure()):
        assert np.array_equal(run(null, policy).paid_on, silent.paid_on)
        assert not run(null, policy).cancelled.any()


def test_when_access_ends_nothing_more_is_collected(world: World) -> None:
    came = run(world, AfterEveryFailure())
    assert came.paid_on.max() == PROVIDER.ends_on == 14
    assert came.attempts.max() <= 9, "the first one and eight retries"
    assert {BY_RETRY, BY_MAIL} < set(came.paid_by.tolist())


def test_the_provider_writes_once_for_each_failed_attempt(world: World) -> None:
    came = run(world, AfterEveryFailure())
    stayed = ~came.paid & ~came.cancelled & ~came.unsubscribed & ~came.complained
    assert np.array_equal(came.mails[stayed], came.attempts[stayed])


def test_there_is_no_money_on_the_day_of_the_failure_and_paydays_differ_between_worlds() -> None:
    known = [World(replace(Params(), cycle=cycle, adhoc=0.0), seed=1, people=1500) for cycle in CYCLES]
    funded = [w.latent.approval[w.latent.true_class == NSF] > 0.5 for w in known]
    assert not any(days[:, 0].any() for days in funded)
    assert len({days.tobytes() for days in funded}) == len(CYCLES)


def test_a_lost_card_is_never_charged_whatever_the_bank_says(world: World) -> None:
    came = run(world, NoMails())
    lost = world.seen.code == CODES.index("lost_card")
    assert lost.sum() > 100
    assert not (came.paid_by[lost] == BY_RETRY).any()


def test_worlds_are_drawn_within_their_ranges_and_half_of_them_with_other_paydays() -> None:
    cycles = [drawn(seed).cycle.monthly_days for seed in range(200)]
    assert 20 < cycles.count((25, 28)) < 65
    assert drawn(7) == drawn(7) != drawn(8)
    assert 0.15 <= drawn(7).indifferent <= 0.5
