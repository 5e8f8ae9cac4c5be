"""The same seed and the same calls give the same ids and the same events in the same order, byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox.testing import RunningSandbox, running_sandbox

CARDS = ("4242424242424242", "5555555555554444", "4000000000000341", "378282246310005")
CUSTOMERS = 50
# Real time: for signatures, and for the start of the command line. Chance: two seeded generators.
ALLOWED = {
    "time.time": {"clock.py"},
    "datetime.now": {"__main__.py"},
    "import random": {"identifiers.py", "deliveries.py"},
}


def lived(seed: int) -> tuple[str, int]:
    """Three months of fifty customers with declines, a test clock, faults and API calls: digest and number of posts."""
    digest, posts = hashlib.sha256(), 0

    def receive(body: bytes, headers: dict[str, str]) -> int:
        nonlocal posts
        digest.update(body)
        posts += 1
        return 500 if posts % 17 == 0 else 200

    with (
        running_sandbox(start="2026-01-31T10:00:00Z", seed=seed, sink=receive) as sandbox,
        httpx.Client(trust_env=False) as client,
    ):
        sandbox.state.public_base = "http://sandbox.test"  # the port is another in each run
        call = caller(sandbox, client)
        sandbox.control(
            "POST", "deliveries/faults", {"drop_share": 0.05, "wrong_secret": 0.05, "shuffle_seed": 3}
        )
        for number in range(CUSTOMERS):
            reader = sandbox.subscriber(
                email=f"reader{number}@example.com",
                card=CARDS[number % len(CARDS)],
                first_charge_must_work=False,
                metadata={"number": str(number), "shelf": "b", "aisle": "c"},
            )
            if number % 5 == 0:
                sandbox.decline(reader.payment_method, "insufficient_funds", until="2026-03-04")
            if number % 7 == 0:
                call(f"subscriptions/{reader.subscription}", {"cancel_at_period_end": "true"})
            if number % 11 == 0:
                added = {f"metadata[new{letter}]": "1" for letter in "abcdefgh"}
                call(f"customers/{reader.customer}", {"metadata[shelf]": "a", **added})
        clock = call("test_helpers/test_clocks", {"frozen_time": "1800000000"})
        call("customers", {"test_clock": clock, "source": "tok_visa"})
        call(f"test_helpers/test_clocks/{clock}/advance", {"frozen_time": "1801000000"})
        sandbox.advance("2026-05-01")
        digest.update("".join(sandbox.state.events).encode())
    return digest.hexdigest(), posts


def caller(sandbox: RunningSandbox, client: httpx.Client) -> Callable[[str, dict[str, str]], str]:
    """POST with a counted idempotency key, as events name it; gives the answer's id."""
    count = 0

    def call(path: str, params: dict[str, str]) -> str:
        nonlocal count
        count += 1
        headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": f"key-{count}"}
        answer = client.post(f"{sandbox.api_base}/v1/{path}", data=params, headers=headers)
        return str(answer.raise_for_status().json()["id"])

    return call


def in_a_process(seed: int, hash_seed: str) -> str:
    """The digest from a fresh interpreter, whose sets and hashes are ordered otherwise."""
    program = f"from tests.sandbox.test_determinism import lived; print(*lived({seed}))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_two_processes_with_one_seed_tell_the_same_story_byte_for_byte() -> None:
    first, second = in_a_process(1, "1"), in_a_process(1, "2")
    assert first == second
    assert int(first.split()[1]) > CUSTOMERS * 20


def test_another_seed_gives_other_ids() -> None:
    assert lived(1)[0] != lived(2)[0]


@pytest.mark.parametrize("word", ["time.time", "datetime.now", "import random", "uuid4", "date.today"])
def test_real_time_and_chance_are_read_where_that_is_meant_only(word: str) -> None:
    allowed = ALLOWED.get(word, set())
    root = Path(__file__).parents[2] / "sandbox"
    files = [path for path in root.rglob("*.py") if not {"demo", "mailbox"} & set(path.parts)]
    assert {path.name for path in files if word in path.read_text()} <= allowed
