"""What the stand-in sends in the old shapes is held against bodies that the provider recorded or published.

Compared are the fields that exist and their types, not their values. Differences that are meant, or that the
recordings themselves are to blame for, stand with their reason in `recorded_differences.toml`: an
unexplained one fails the test, and so does an explanation of a difference that is gone.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from sandbox.events.body import DEFAULT_VERSIONS
from sandbox.testing import running_sandbox
from tests.integrations.stripe.translate_bodies import recorded
from tests.sandbox.conftest import sdk
from tests.sandbox.field_paths import differences, paths_of
from tests.sandbox.lived_in import live

TABLE = Path(__file__).parent / "recorded_differences.toml"
# An account that never moved on gets what its version had and what has been added since.
BOTH_SAMPLES = ("2024-06-20", "2026-07-29.dahlia")
Kinds = dict[str, list[dict[str, Any]]]


def recorded_objects(shape: str) -> Kinds:
    """Bodies of the provider by kind; skips the test where they are not at hand."""
    found: Kinds = defaultdict(list)
    for path in recorded("sync-engine" if shape == "old" else "official-samples"):
        body = json.loads(path.read_bytes())
        if shape == "old":
            if body["api_version"] == DEFAULT_VERSIONS["old"]:
                found[body["data"]["object"]["object"]].append(body["data"]["object"])
        elif path.parent.name in BOTH_SAMPLES:
            found[body["object"]].append(body)
    return found


def sent_objects(shape: str) -> Kinds:
    """Everything a whole lived-in business announces to an endpoint of that shape, by kind."""
    found: Kinds = defaultdict(list)

    def take(body: bytes, headers: dict[str, str]) -> int:
        event = json.loads(body)
        if event["object"] == "event":
            obj = event["data"]["object"]
            found[obj["object"]].append(obj)
        return 200

    with running_sandbox(start="2026-01-31T10:00:00Z", shape=shape, sink=take) as sandbox:
        live(sandbox, sdk(sandbox))
    return found


def explained(shape: str) -> dict[tuple[str, str, str], str]:
    """(kind, lacks | adds | differs, path) -> why, from the table."""
    rows = tomllib.loads(TABLE.read_text())[shape]
    return {
        (kind, word, path): row["why"]
        for kind, group in rows.items()
        if kind != "not_sent"
        for row in group
        for word in ("lacks", "adds", "differs")
        for path in row.get(word, [])
    }


@pytest.mark.parametrize("shape", ["old", "both"])
def test_every_difference_to_the_providers_own_bodies_is_explained(shape: str) -> None:
    theirs, ours = recorded_objects(shape), sent_objects(shape)
    found = {}
    for kind in theirs.keys() & ours.keys():
        for path, what in differences(paths_of(ours[kind]), paths_of(theirs[kind])).items():
            found[kind, what if what in ("lacks", "adds") else "differs", path] = what
    reasons = explained(shape)
    assert {key: found[key] for key in sorted(found.keys() - reasons.keys())} == {}, "unexplained"
    assert sorted(reasons.keys() - found.keys()) == [], "explained, but no longer there"


@pytest.mark.parametrize("shape", ["old", "both"])
def test_every_recorded_kind_that_is_never_sent_is_named(shape: str) -> None:
    theirs, ours = recorded_objects(shape), sent_objects(shape)
    named = tomllib.loads(TABLE.read_text())[shape]["not_sent"]
    assert sorted(theirs.keys() - ours.keys()) == sorted(named)


def test_every_explanation_is_a_sentence() -> None:
    for shape in ("old", "both"):
        for key, why in explained(shape).items():
            assert len(why.split()) >= 4, key


def test_a_difference_is_seen_where_both_sides_have_the_hash_around_it() -> None:
    theirs = paths_of([{"card": {"last4": "1", "wallet": {"type": "x"}}, "paid": True, "lines": []}])
    ours = paths_of([{"card": {"last4": 4, "wallet": None, "brand": "visa"}, "lines": [{"id": "il"}]}])
    assert differences(ours, theirs) == {
        "paid": "lacks",
        "card.brand": "adds",
        "card.last4": "is number instead of string",
    }
