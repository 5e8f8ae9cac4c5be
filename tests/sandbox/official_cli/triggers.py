"""One trigger of the command line: run against a stand-in of its own, and what became of it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.testing import running_sandbox
from tests.sandbox.official_cli.receiver import SECRET, Receiver

RUN_SECONDS = 30.0
ARRIVAL_SECONDS = 2.0

# Triggers that are not named after the event they lead to.
LEADS_TO = {
    "subscription.payment_failed": "invoice.payment_failed",
    "subscription.payment_succeeded": "invoice.payment_succeeded",
}
REGIONS = (".eu", ".gb")


@dataclass(frozen=True)
class Outcome:
    """`refusal` is what the stand-in said to the first call that it refused; `arrived` the stored types."""

    trigger: str
    wanted: str
    exit_status: int
    refusal: str
    arrived: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.exit_status == 0 and self.wanted in self.arrived

    @property
    def reason(self) -> str:
        """Why it did not pass; empty if it did."""
        if self.passed:
            return ""
        if self.exit_status:
            return self.refusal or f"ended with status {self.exit_status}"
        others = ", ".join(dict.fromkeys(self.arrived)) or "nothing"
        return f"no {self.wanted} arrived, only {others}"


def event_of(trigger: str) -> str:
    """The type of the event that a trigger is there for.

    >>> event_of("issuing_card.created.eu")
    'issuing_card.created'
    """
    if trigger in LEADS_TO:
        return LEADS_TO[trigger]
    return trigger[:-3] if trigger.endswith(REGIONS) else trigger


def run_trigger(cli: Path, trigger: str, receiver: Receiver, home: Path) -> Outcome:
    """Run `stripe trigger` as a developer would; each has a stand-in of its own, so no event is another's."""
    # The seed makes this stand-in's event ids its own in the receiver's one table.
    with running_sandbox(
        start=datetime.now(UTC), webhook_url=receiver.url, webhook_secret=SECRET, seed=_seed_of(trigger)
    ) as sandbox:
        command = [str(cli), "trigger", trigger, "--api-base", sandbox.api_base, "--api-key", sandbox.api_key]
        done = _run(command, home)
        wanted = event_of(trigger)
        arrived = _arrivals(receiver, sandbox.state.events, wanted) if done.returncode == 0 else ()
        return Outcome(trigger, wanted, done.returncode, _refusal(done.stdout + done.stderr), arrived)


def listed_triggers(cli: Path, home: Path) -> list[str]:
    """Every trigger that the command line's help names."""
    text = _run([str(cli), "trigger", "--help"], home).stdout
    part = text.partition("Supported events:")[2].partition("Usage:")[0]
    return part.split()


def _run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Nothing leaves this machine: no telemetry, and the look for a newer version meets a closed port."""
    environment = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", ""),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
    }
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"gave up after {RUN_SECONDS:.0f} seconds")


def _arrivals(receiver: Receiver, recorded: Mapping[str, object], wanted: str) -> tuple[str, ...]:
    """What of the recorded events is stored; waits a little for the wanted one.

    The stand-in delivers before it answers, but for what another thread of it is still sending.
    """
    end = time.monotonic() + ARRIVAL_SECONDS
    while True:
        arrived = receiver.stored(set(recorded))
        if wanted in arrived or time.monotonic() > end:
            return tuple(arrived)
        time.sleep(0.05)


def _seed_of(trigger: str) -> int:
    return int.from_bytes(trigger.encode(), "big")


def _refusal(output: str) -> str:
    """The stand-in's own words from the command line's report of a failed call."""
    status = re.search(r"status=(\d+)", output)
    message = re.search(r'"message": "((?:[^"\\]|\\.)*)"', output)
    if status and message:
        return f"{status[1]} {message[1]}"
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
