"""The demo's processes: web and worker as children of one process group, everything else in here."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

FOLDER = Path("var") / "demo"
ROOT = Path(__file__).resolve().parents[2]


def free_port(wish: int) -> int:
    """The wished port if it is free, else any."""
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port")


@dataclass
class Stage:
    """Where everything is, and what was started."""

    web_port: int = field(default_factory=lambda: free_port(8000))
    smtp_port: int = field(default_factory=lambda: free_port(8025))
    mailbox_port: int = field(default_factory=lambda: free_port(8026))
    login_key: str = field(default_factory=lambda: f"demo-{secrets.token_urlsafe(18)}")
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def prepare(self) -> None:
        """An empty folder for the database."""
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)

    def environment(self, api_base: str, api_key: str, webhook_secret: str) -> dict[str, str]:
        """What the service's processes are told; nothing of the caller's own settings gets through."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECLAIM_")}
        return inherited | {
            "RECLAIM_DATABASE_URL": f"sqlite:///{FOLDER.resolve() / 'reclaim.db'}",
            "RECLAIM_PUBLIC_URL": self.public_url,
            "RECLAIM_SECRET_KEYS": secrets.token_urlsafe(32),
            "RECLAIM_API_KEYS": f"demo:{self.login_key}:admin",
            "RECLAIM_STRIPE_API_KEY": api_key,
            "RECLAIM_STRIPE_API_BASE": api_base,
            "RECLAIM_STRIPE_WEBHOOK_SECRETS": webhook_secret,
            "RECLAIM_STRIPE_READS_PER_SECOND": "1000",  # a stand-in has no limit
            "RECLAIM_MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "RECLAIM_MAIL_FROM": "Northwind <billing@northwind.example>",
            "RECLAIM_POSTAL_ADDRESS": "Northwind Ltd, 1 Main Street, Springfield",
            "RECLAIM_SENDING": "live",
            "RECLAIM_TEST_CLOCK": "1",
            "RECLAIM_CONFIG": str(ROOT / "sandbox" / "demo" / "reclaim.toml"),
            "RECLAIM_LOG_LEVEL": "warning",
        }

    def start(self, *command: str, environment: dict[str, str]) -> None:
        log = (FOLDER / f"{command[0]}.log").open("wb")
        arguments = [sys.executable, "-m", "app", *command]
        child = subprocess.Popen(arguments, env=environment, cwd=ROOT, stdout=log, stderr=log)
        self.children.append(child)

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Until the web process answers; raises with its log if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.public_url}/healthz", trust_env=False).status_code == 200:
                    return
            if any(child.poll() is not None for child in self.children):
                break
            time.sleep(0.05)
        raise RuntimeError((FOLDER / "web.log").read_text())

    def clear(self) -> None:
        """End every child."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
