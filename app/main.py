"""The web process: the webhook route in front, then pages and API."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.staticfiles import StaticFiles

from app import ops, portal
from app.bootstrap import Application, build
from app.core import problems
from app.core.web import TEMPLATES, Given
from app.inbound.router import IntakeApp
from app.integrations.stripe.door import stripe_door

MAX_BODY_BYTES = 64 * 1024


def create_app(application: Application | None = None) -> IntakeApp:
    """The ASGI application of one web process."""
    application = application or build()
    settings = application.settings
    secrets = [s.encode() for s in settings.webhook_secret_list]
    stripe = stripe_door(secrets, expected_livemode=settings.expected_livemode)
    doors = [stripe, *application.mail_callbacks.doors()]
    given = Given(pages(), application=application)
    intake = IntakeApp(given, doors, database_url=settings.database_url, clock=application.clock)
    given.state["intake"] = intake.counters
    return intake


@cache
def pages() -> FastAPI:
    """Every page and the API, for whichever application a request is given."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # What start-up made lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        yield

    web = FastAPIOffline(
        title="Reclaim",
        version="0.1.0",
        description="Subscription retention: failed payments, cancellations, win-back, and honest numbers.",
        lifespan=lifespan,
        max_body_size=MAX_BODY_BYTES,
    )
    problems.install(web)
    web.mount("/assets", StaticFiles(directory=TEMPLATES / "assets"))
    web.include_router(portal.router)
    web.include_router(ops.router)
    return web
