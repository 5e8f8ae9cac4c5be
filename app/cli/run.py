"""Processes: serve, web, worker, migrate, tick, pause, resume, demo."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer
import uvicorn

from app import migrate as schema
from app import worker as work
from app.bootstrap import Application, build
from app.cli.output import as_json, result, say
from app.core import gates
from app.core.gates import Pause
from app.core.lock import worker_lock
from app.migrate import ROOT

Host = Annotated[str, typer.Option(help="address to listen on")]
Port = Annotated[int, typer.Option(help="port to listen on")]


def register(app: typer.Typer) -> None:
    for command in (serve, web, worker, tick, pause, resume, demo):
        app.command()(command)
    app.command("migrate")(migrate)


def _started(application: Application) -> Application:
    """Check the schema and the installation's identity before anything is done."""
    schema.require_newest(application.db)
    if reason := application.register():
        say(f"reclaim: PAUSED: {reason}")
    return application


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Web and worker in one process: the embedded default. On SQLite it migrates by itself."""
    from app.main import create_app  # the pages are loaded only where they are served

    application = build(make_secret=True)
    _ = application.secret_keys
    if application.db.is_sqlite:
        schema.upgrade(application.db)
    _started(application)
    with worker_lock(application.db):
        scheduler = work.start(application)
        config = uvicorn.Config(
            create_app(application), host=host, port=port, log_level="warning", access_log=False
        )
        say(f"reclaim: serving on http://{host}:{port}")
        uvicorn.Server(config).run()
        work.drain(application, scheduler)


def web(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="processes", min=1)] = 1,
) -> None:
    """The web half: webhooks, pages, API."""
    application = build()
    _ = application.links
    _started(application)
    application.db.dispose()
    options = {"host": host, "port": port, "log_level": "warning", "access_log": False}
    uvicorn.run("app.main:create_app", factory=True, workers=workers, **options)  # type: ignore[arg-type]


def worker() -> None:
    """The worker half: any number of them on PostgreSQL, one on SQLite."""
    application = _started(build())
    _ = application.links
    work.run(application)


def migrate() -> None:
    """Bring the database to the newest schema."""
    result(f"schema at revision {schema.upgrade(build(make_secret=True).db)}")


def tick(as_json_: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Run all work that is due now until none is left, then exit."""
    application = _started(build(make_secret=True))
    with worker_lock(application.db):
        application.keep_chats()
        done = application.runner.tick()
        application.figures.refresh()
    if as_json_:
        as_json(vars(done))
    else:
        result(", ".join(f"{name} {count}" for name, count in vars(done).items()))


def pause(
    everything: Annotated[bool, typer.Option("--all", help="also a customer's own cancellation")] = False,
) -> None:
    """The kill switch: within 5 seconds nothing leaves any more."""
    application = _started(build(make_secret=True))
    with application.db.write() as session:
        scope = Pause.ALL if everything else Pause.CAMPAIGNS
        gates.pause(session, scope, "paused by hand (`reclaim pause`)", now=application.clock())
    result("paused")


def resume() -> None:
    """Let things leave again, and take the present URL and provider key as the right ones."""
    application = build(make_secret=True)
    application.register()
    with application.db.write() as session:
        gates.resume(
            session,
            public_url=application.settings.public_url,
            provider_key=application.provider_key_digest,
        )
    result("resumed")


def demo() -> None:
    """A small business lives a year on a test clock, with a stand-in Stripe and a mailbox."""
    if not (ROOT / "sandbox" / "demo").is_dir():
        say("reclaim: the demo needs a checkout of the project (its sandbox/ folder is not here)")
        raise typer.Exit(2)
    child = subprocess.Popen([sys.executable, "-m", "sandbox.demo"], cwd=ROOT)
    try:
        raise typer.Exit(child.wait())
    except KeyboardInterrupt:
        child.wait()
