"""The worker process: APScheduler ticks, nothing else. What is due stands in the database."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.bootstrap import Application
from app.core.clock import real_now
from app.core.lock import worker_lock

log = structlog.get_logger()

DRAIN_SECONDS = 25.0


def start(application: Application) -> BackgroundScheduler:
    """Ticks that scan for due rows. Never persisted: a missed tick only means that the next one does more."""
    application.keep_chats()
    runner, upkeep = application.runner, application.upkeep
    options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    scheduler = BackgroundScheduler(
        timezone=UTC, executors={"default": ThreadPoolExecutor(4)}, job_defaults=options
    )
    scheduler.add_job(_safely(runner.tick), "interval", seconds=1, id="tick")
    # Beside the ticks: no mail waits for a figure.
    scheduler.add_job(_safely(application.figures.look), "interval", seconds=10, id="figures")
    # At once as well, or a worker that is started anew every day would never come to it.
    scheduler.add_job(
        _safely(upkeep.forget_old), "interval", hours=24, id="retention", next_run_time=real_now()
    )
    if application.reads is not None:
        # At once as well: what was missed while no worker ran is the likeliest.
        now = real_now()
        scheduler.add_job(_safely(upkeep.backfill), "interval", minutes=10, id="backfill", next_run_time=now)
        scheduler.add_job(_safely(upkeep.reconcile), "interval", hours=1, id="reconcile", next_run_time=now)
    scheduler.start()
    return scheduler


def _safely(work: Callable[[], object]) -> Callable[[], None]:
    """A loop's top: an error is logged and the next tick comes all the same."""

    def run() -> None:
        try:
            work()
        except Exception:
            log.exception("tick.failed", work=getattr(work, "__name__", "?"))

    return run


def run(application: Application) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way; a second signal ends at once."""
    stop = threading.Event()

    def leave(_signal: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, leave)
    with worker_lock(application.db):
        scheduler = start(application)
        log.info("worker.started", pid=os.getpid())
        stop.wait()
        drain(application, scheduler)


def drain(application: Application, scheduler: BackgroundScheduler) -> None:
    """Take up nothing new and wait for what is under way, 25 seconds at most."""
    application.runner.stopping.set()
    done = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    done.start()
    done.join(DRAIN_SECONDS)
    log.info("worker.stopped", drained=not done.is_alive())
    if done.is_alive():
        os._exit(1)  # what is still on the wire becomes `unknown` when its lease ends
    application.close()
