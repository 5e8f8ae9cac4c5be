"""The command line's binary: fetched once from the npm registry, kept in `var/`, taken only if its hash fits."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.52.0"
CACHE = Path(__file__).resolve().parents[3] / "var" / "stripe-cli" / VERSION
FETCH_SECONDS = 120

# Package of each platform and the SHA-512 of its archive, as the registry states it. A platform gets its
# line after somebody has run the triggers on it.
PLATFORMS = {
    ("Linux", "x86_64"): (
        "@stripe/cli-linux-x64",
        "sha512-q5x2AIP0ZSujN7iJNIdSPerRfQ/08OTWw9ukhCyxvlo2JAfu6xf8cIGhyDv6vZsQuoh4cn3c2tNJ0J+oY+Z37Q==",
    ),
}


class NotAvailable(Exception):
    """The command line cannot be had here; the message says why."""


def official_cli() -> Path:
    """The binary's path, from the cache or freshly fetched.

    Raises NotAvailable on a platform without a pinned hash, without npm, or when npm cannot fetch; raises
    ValueError if what came is not what was pinned, because that must not pass for "offline".
    """
    system, machine = platform.system(), platform.machine()
    if (system, machine) not in PLATFORMS:
        raise NotAvailable(f"no hash of the official CLI is pinned for {system} {machine}")
    cached = CACHE / "stripe"
    if not cached.exists():
        package, integrity = PLATFORMS[system, machine]
        _fetch(f"{package}@{VERSION}", integrity, cached)
    return cached


def _fetch(package: str, integrity: str, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotAvailable("the official CLI comes with npm, and npm is not installed")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = _archive(npm, package, Path(folder))
        if integrity_of(archive.read_bytes()) != integrity:
            raise ValueError(f"{package} is not the archive whose hash is pinned")
        with tarfile.open(archive) as opened:
            opened.extract("package/bin/stripe", folder, filter="data")
        # Several test processes may fetch at once: a rename puts a whole file in place, whoever is last.
        os.replace(Path(folder) / "package" / "bin" / "stripe", target)


def _archive(npm: str, package: str, folder: Path) -> Path:
    """The package's archive as the registry has it; nothing of it is run."""
    command = [npm, "pack", package, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotAvailable(f"npm did not fetch {package} within {FETCH_SECONDS} seconds") from None
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise NotAvailable(f"npm could not fetch {package}: {last[0]}")
    return archives[0]


def integrity_of(data: bytes) -> str:
    """The data's hash as registries write it.

    >>> integrity_of(b"")[:16]
    'sha512-z4PhNX7vu'
    """
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
