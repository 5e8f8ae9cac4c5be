"""The customer's pages as routes. A handler gets the state and the submitted form, and gives a response."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.deliveries import deliver
from sandbox.errors import ApiFault
from sandbox.forms import parse_form
from sandbox.pages import authenticate, checkout, invoice, portal, recovery
from sandbox.pages.layout import page
from sandbox.state import Obj, State
from sandbox.timelines import timeline_of_call

Page = Callable[[State, str, Obj | None], Response]

PAGES: tuple[tuple[str, Page], ...] = (
    ("/pay/{id}", checkout.show),
    ("/portal/{id}", portal.show),
    ("/invoice/{id}", invoice.show),
    ("/authenticate/{id}", authenticate.show),
    ("/recover/{id}", recovery.show),
)


def page_routes(state: State) -> list[Route]:
    """GET shows, POST submits; what a submission announced is delivered before the customer moves on."""
    return [Route(path, _endpoint(state, show), methods=["GET", "POST"]) for path, show in PAGES]


def _endpoint(state: State, show: Page) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        form = parse_form((await request.body()).decode()) if request.method == "POST" else None
        return await run_in_threadpool(_answer, state, show, request.path_params["id"], form)

    return endpoint


def _answer(state: State, show: Page, object_id: str, form: Obj | None) -> Response:
    with state.lock, state.on(timeline_of_call(state, (object_id,), {})):
        try:
            response = show(state, object_id, form)
        except ApiFault as fault:
            response = page(
                "Not found", "<h1>This page does not exist</h1><p>The link may be too old.</p>", fault.status
            )
    deliver(state)
    return response
