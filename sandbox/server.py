"""The ASGI application: provider API, control surface and the customer's pages over one state.

Each request is carried out in a worker thread under the state's lock.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as WebRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import errors
from sandbox.answering import LOST, answer_api, as_response
from sandbox.catalogue import CONTROL
from sandbox.clock import parse_instant
from sandbox.control.clock import MOVE_PATH, shown
from sandbox.control.deliveries import FLUSH_PATH
from sandbox.deliveries import deliver
from sandbox.engine import advance
from sandbox.pages.routes import page_routes
from sandbox.routing import Call
from sandbox.state import State
from sandbox.timelines import timeline_of_call

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


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
            state.changes += 1
            entry, ids = CONTROL.match(request.method, path)
            with state.on(timeline_of_call(state, ids, {})):
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
