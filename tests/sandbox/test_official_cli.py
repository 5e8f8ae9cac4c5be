"""Reclaim's events reach it when the provider's own command line triggers them at the stand-in."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.official_cli import binary
from tests.sandbox.official_cli.binary import NotAvailable, official_cli
from tests.sandbox.official_cli.receiver import Receiver, running_receiver
from tests.sandbox.official_cli.triggers import event_of, listed_triggers, run_trigger

TRIGGERS = {
    "customer": "created updated deleted",
    "customer.subscription": "created deleted paused trial_will_end updated",
    "payment_method": "attached detached updated",
    "product": "created deleted updated",
    "price": "created updated",
    "invoice": "created deleted finalized marked_uncollectible paid payment_action_required payment_failed "
    "payment_succeeded sent updated voided",
    "invoiceitem": "created deleted",
    "payment_intent": "amount_capturable_updated canceled created payment_failed processing requires_action "
    "succeeded",
    "charge": "succeeded failed captured",
}
NEEDED = [f"{kind}.{what}" for kind, events in TRIGGERS.items() for what in events.split()]
ALWAYS = {
    "customer.updated", "customer.subscription.deleted", "payment_method.attached", "price.created",
    "invoice.payment_failed", "invoiceitem.created", "payment_intent.requires_action", "charge.failed",
}  # fmt: skip


@pytest.fixture(scope="session")
def cli() -> Path:
    try:
        return official_cli()
    except NotAvailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli-home")


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with running_receiver(tmp_path_factory.mktemp("cli-receiver")) as running:
        yield running


@pytest.mark.parametrize(
    "trigger", [t if t in ALWAYS else pytest.param(t, marks=pytest.mark.slow) for t in NEEDED]
)
def test_a_trigger_of_the_official_command_line_leads_to_a_stored_event(
    cli: Path, receiver: Receiver, home: Path, trigger: str
) -> None:
    """Every call of the script is accepted, and the event that it is named after is signed, taken and kept."""
    outcome = run_trigger(cli, trigger, receiver, home)
    assert outcome.passed, outcome.reason


def test_every_needed_trigger_is_one_that_the_command_line_knows(cli: Path, home: Path) -> None:
    assert set(NEEDED) <= set(listed_triggers(cli, home))


def test_a_trigger_that_the_stand_in_cannot_serve_says_what_is_missing(
    cli: Path, receiver: Receiver, home: Path
) -> None:
    """The survey is only as good as its reasons: a refused call is reported in the stand-in's own words."""
    outcome = run_trigger(cli, "issuing_card.created", receiver, home)
    assert not outcome.passed
    assert "/v1/issuing/cardholders" in outcome.reason


def test_the_event_of_a_trigger_is_told_from_its_name() -> None:
    assert event_of("invoice.paid") == "invoice.paid"
    assert event_of("issuing_card.created.eu") == "issuing_card.created"
    assert event_of("subscription.payment_failed") == "invoice.payment_failed"


def test_an_archive_is_known_by_its_hash() -> None:
    """The well-known SHA-512 of nothing, as registries write it."""
    assert binary.integrity_of(b"").startswith("sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXys")


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As on a machine that never fetched the command line, with an archive that npm would hand over."""
    (tmp_path / "stripe").write_text("the binary")
    archive = tmp_path / "cli.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(tmp_path / "stripe", "package/bin/stripe")
    monkeypatch.setattr(binary, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(binary, "_archive", lambda npm, package, folder: archive)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return archive


def test_an_archive_with_another_hash_is_refused_loudly(empty_cache: Path) -> None:
    with pytest.raises(ValueError, match="not the archive whose hash is pinned"):
        official_cli()
    assert not (binary.CACHE / "stripe").exists()


def test_the_binary_is_kept_and_fetched_only_once(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {("Linux", "x86_64"): ("@stripe/cli-linux-x64", binary.integrity_of(empty_cache.read_bytes()))}
    monkeypatch.setattr(binary, "PLATFORMS", pinned)
    assert official_cli().read_text() == "the binary"
    empty_cache.unlink()
    assert official_cli().read_text() == "the binary"


def test_without_npm_or_on_an_unknown_platform_the_reason_is_told(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(NotAvailable, match="npm is not installed"):
        official_cli()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(NotAvailable, match="no hash of the official CLI is pinned for Linux riscv64"):
        official_cli()
