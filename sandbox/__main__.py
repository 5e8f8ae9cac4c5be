"""`python -m sandbox`: the stand-in on a port of its own, for the demo and for playing with the SDK."""

from __future__ import annotations

import argparse
import threading
import time
from datetime import UTC, datetime

import uvicorn

from sandbox.clock import as_datetime, parse_instant, real_now
from sandbox.engine import advance
from sandbox.rendering.shapes import SHAPES
from sandbox.server import create_app
from sandbox.state import State
from sandbox.webhook_endpoints.routes import new_endpoint


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--public-base", help="address that browsers use, if it differs from host and port")
    parser.add_argument("--api-key", default="sk_test_sandbox")
    parser.add_argument("--webhook-url", help="where events are posted")
    parser.add_argument("--webhook-secret", default="whsec_sandbox")
    parser.add_argument("--shape", choices=SHAPES, default="new", help="API shape of the deliveries")
    parser.add_argument("--start", help="sandbox time at start, ISO 8601; default is now")
    parser.add_argument("--follow-real-time", action="store_true", help="let sandbox time run on by itself")
    return parser.parse_args()


def follow_real_time(state: State) -> None:
    """Keep the sandbox's distance to real time constant; moving the clock by hand adds to it."""
    last = real_now()
    while True:
        time.sleep(1)
        passed, last = real_now() - last, real_now()
        advance(state, state.now + passed)


def main() -> None:
    options = arguments()
    start = as_datetime(parse_instant(options.start)) if options.start else datetime.now(UTC)
    state = State(start, options.api_key)
    state.public_base = (options.public_base or f"http://{options.host}:{options.port}").rstrip("/")
    if options.webhook_url:
        new_endpoint(state, options.webhook_url, secret=options.webhook_secret, shape=options.shape)
    if options.follow_real_time:
        threading.Thread(target=follow_real_time, args=(state,), daemon=True).start()
    print(f"STRIPE_API_BASE={state.public_base}")
    print(f"STRIPE_API_KEY={state.api_key}")
    print(f"STRIPE_WEBHOOK_SECRET={options.webhook_secret}", flush=True)
    uvicorn.run(create_app(state), host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
