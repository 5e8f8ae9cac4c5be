"""The ASGI application: provider API, control surface and the customer's pages over one state.

Each request is carried out in a worker thread under the state's lock. What it announced is sent after the
lock is released and before the answer goes out, so a caller finds its webhooks delivered; a receiver that
calls back meanwhile is served.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as WebRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import errors
from sandbox.authentication import check_key
from sandbox.catalogue import API, CONTROL
from sandbox.clock import parse_instant
from sandbox.control.clock import MOVE_PATH, shown
from sandbox.control.deliveries import FLUSH_PATH
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.expansion import expanded
from sandbox.faults import ApiFault
from sandbox.forms import parse_form
from sandbox.idempotency import StoredAnswer, fingerprint_of, keep_answer, stored_answer
from sandbox.pages.routes import page_routes
from sandbox.parameters import sequence
from sandbox.routing import Call, refuse_unknown
from sandbox.state import API_VERSION, RequestStamp, State

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


LOST = b"sandbox-lost-answer"


def create_app(state: State) -> ASGIApp:
    """The whole sandbox over `state`."""

    async def api(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(answer_api, state, request, body)

    async def control(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(answer_control, state, request, body)

    return losing_answers(
        Starlette(
            routes=[
                *page_routes(state),
                WebRoute("/_control/{rest:path}", control, methods=METHODS),
                WebRoute("/{rest:path}", api, methods=METHODS),
            ]
        )
    )


def losing_answers(app: ASGIApp) -> ASGIApp:
    """Close the connection instead of sending an answer marked as lost, so that the caller sees a broken line."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        lost = False

        async def guarded(message: Message) -> None:
            nonlocal lost
            if message["type"] == "http.response.start" and any(key == LOST for key, _ in message["headers"]):
                lost = True
                # The web server's request cycle holds the socket; there is no polite way to hang up.
                send.__self__.transport.abort()  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            elif not lost:
                await send(message)

        await app(scope, receive, guarded)

    return wrapped


def answer_api(state: State, request: Request, body: bytes) -> Response:
    """One API call from key check to answer, with the fault a test has asked for."""
    fault = state.api_faults.take(request.method, request.url.path)
    request_id = state.new_id("req")
    if fault and fault.kind in ("429", "409", "500"):
        wanted = {"429": errors.rate_limited, "409": errors.lock_timeout, "500": errors.provider_broken}[
            fault.kind
        ]
        return as_response(wanted().body, wanted().status, request_id)
    with state.lock:
        response = _executed(state, request, body, request_id)
    deliver(state)
    return _spoilt(response, fault) if fault else response


def _executed(state: State, request: Request, body: bytes, request_id: str) -> Response:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    fingerprint = fingerprint_of(request.method, request.url.path, body)
    try:
        check_key(request.headers.get("Authorization"), state.api_key)
        stored = stored_answer(state, key, fingerprint) if key else None
        if stored:
            return _raw(stored.body, stored.status, stored.request_id, {"Idempotent-Replayed": "true"})
        state.request = RequestStamp(request_id, key)
        response = as_response(run(state, request, body), 200, request_id)
    except errors.ApiFault as problem:
        response = as_response(problem.body, problem.status, request_id)
    finally:
        state.request = RequestStamp()
    if key:
        keep_answer(
            state, key, StoredAnswer(fingerprint, response.status_code, bytes(response.body), request_id)
        )
    return response


def run(state: State, request: Request, body: bytes) -> Any:
    """Find the route, read its parameters, carry it out, expand the answer."""
    entry, ids = API.match(request.method, request.url.path)
    query = request.url.query
    text = body.decode() if request.method == "POST" else "&".join(filter(None, [query, body.decode()]))
    params = parse_form(text)
    refuse_unknown(entry, params)
    answer = entry.handler(Call(state, ids, params))
    return expanded(state, answer, sequence(params, "expand"))


def answer_control(state: State, request: Request, body: bytes) -> Response:
    """A control call; JSON in and out, errors in the provider's shape too."""
    try:
        params = json.loads(body or b"{}")
        path = request.url.path.rstrip("/")
        if request.method == "POST" and path == MOVE_PATH:
            move_clock(state, params)
            return as_response(shown(state), 200, "")
        if request.method == "POST" and path == FLUSH_PATH:
            return as_response({"posts": deliver(state, even_if_paused=True)}, 200, "")
        with state.lock:
            entry, ids = CONTROL.match(request.method, path)
            response = as_response(entry.handler(Call(state, ids, params)), 200, "")
        deliver(state)
    except errors.ApiFault as problem:
        return as_response(problem.body, problem.status, "")
    except ValueError as problem:
        return as_response(errors.invalid(f"Bad control call: {problem}").body, 400, "")
    return response


def move_clock(state: State, params: dict[str, Any]) -> None:
    """`{"to": ISO or seconds}` or `{"advance_seconds": n}`; never backwards."""
    if "to" in params:
        target = parse_instant(str(params["to"]))
    else:
        target = state.now + int(params.get("advance_seconds", 0))
    if target < state.now:
        raise errors.invalid("The clock only moves forward.", param="to")
    advance(state, target)


def as_response(content: Any, status: int, request_id: str) -> Response:
    return _raw(msgspec.json.format(msgspec.json.encode(content), indent=2), status, request_id, {})


def _raw(body: bytes, status: int, request_id: str, extra: dict[str, str]) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, **extra}
    return Response(body, status, headers=headers, media_type="application/json")


def _spoilt(response: Response, fault: ApiFault) -> Response:
    """The call was carried out, but its answer is late or never arrives whole."""
    time.sleep(fault.seconds)
    if fault.kind == "lost_answer":
        response.headers[LOST.decode()] = "1"
    return response
