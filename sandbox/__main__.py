"""`python -m sandbox`: the stand-in on a port of its own, for the demo and for playing with the SDK."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn

from sandbox.clock import as_datetime, parse_instant, real_now
from sandbox.engine import advance
from sandbox.queueing import THIN
from sandbox.rendering.shapes import SHAPES
from sandbox.server import create_app
from sandbox.state import State
from sandbox.storage.keeping import Keeper
from sandbox.test_clocks.walking import walk_on
from sandbox.webhook_endpoints.routes import new_endpoint

GRACE_SECONDS = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--public-base", help="address that browsers use, if it differs from host and port")
    parser.add_argument("--api-key", default="sk_test_sandbox")
    parser.add_argument("--webhook-url", help="where events are posted")
    parser.add_argument("--webhook-secret", default="whsec_sandbox")
    parser.add_argument("--shape", choices=(*SHAPES, THIN), default="new", help="API shape of the deliveries")
    parser.add_argument("--start", help="sandbox time at start, ISO 8601; default is now")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same ids")
    parser.add_argument("--database", type=Path, help="SQLite file to keep everything in, over restarts")
    parser.add_argument("--follow-real-time", action="store_true", help="let sandbox time run on by itself")
    return parser.parse_args()


def follow_real_time(state: State) -> None:
    """Keep the sandbox's distance to real time constant; moving the clock by hand adds to it."""
    last = real_now()
    while True:
        time.sleep(1)
        passed, last = real_now() - last, real_now()
        advance(state, state.now + passed)


def go_on(state: State) -> None:
    """What a restart finds on its way goes out, and a test clock's walk that was cut short goes on."""
    advance(state, state.now)
    walk_on(state)


def set_endpoint(state: State, url: str, secret: str, shape: str) -> None:
    """The endpoint of the command line; one that a kept state already has takes secret and shape anew."""
    for endpoint in state.rows("webhook_endpoint"):
        if endpoint["url"] == url:
            state.hidden.endpoint_secrets[endpoint["id"]] = secret
            state.hidden.endpoint_shapes[endpoint["id"]] = shape
            return
    new_endpoint(state, url, secret=secret, shape=shape)


def main() -> None:
    options = arguments()
    start = as_datetime(parse_instant(options.start)) if options.start else datetime.now(UTC)
    state = State(start, options.api_key, options.seed)
    keeper = Keeper(state, options.database) if options.database else None
    if keeper:
        keeper.load()
    state.public_base = (options.public_base or f"http://{options.host}:{options.port}").rstrip("/")
    if options.webhook_url:
        set_endpoint(state, options.webhook_url, options.webhook_secret, options.shape)
    for name, value in (
        ("API_BASE", state.public_base),
        ("API_KEY", state.api_key),
        ("WEBHOOK_SECRET", options.webhook_secret),
    ):
        print(f"STRIPE_{name}={value}")
        print(f"RECLAIM_STRIPE_{name}{'S' if name == 'WEBHOOK_SECRET' else ''}={value}", flush=True)
    signal.signal(signal.SIGTERM, _leave)
    try:
        if keeper:
            keeper.start()
        threading.Thread(target=go_on, args=(state,), daemon=True).start()
        if options.follow_real_time:
            threading.Thread(target=follow_real_time, args=(state,), daemon=True).start()
        uvicorn.run(
            create_app(state),
            host=options.host,
            port=options.port,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    finally:
        if keeper:
            keeper.close()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """The web server hands a caught SIGTERM on when it has shut down; this lets `main` end in order."""
    sys.exit(0)


if __name__ == "__main__":
    main()
