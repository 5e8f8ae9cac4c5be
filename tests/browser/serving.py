"""The web application on a real port, as a browser needs it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from app.core.i18n import Catalogues
from app.inbound.router import IntakeApp
from app.main import pages
from app.portal.language import catalogues
from sandbox.testing import START_SECONDS, ThreadServer

RIGHT_TO_LEFT = "he"


def free_listener() -> tuple[socket.socket, str]:
    """A socket that is bound already, and its address: nobody takes the port in between."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serving(web: IntakeApp, listener: socket.socket) -> Iterator[None]:
    """Answer on the listener until the block ends."""
    config = uvicorn.Config(web, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = ThreadServer(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    if not server.ready.wait(START_SECONDS):
        raise RuntimeError("the server under test did not start")
    try:
        yield
    finally:
        server.stop()


@contextmanager
def speaking_right_to_left(folder: Path) -> Iterator[None]:
    """A catalogue of a language that is written from right to left. Its words stay English: it is about the layout."""
    path = folder / RIGHT_TO_LEFT / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n', "utf-8")
    words = Catalogues(folder)
    pages().dependency_overrides[catalogues] = lambda: words
    try:
        yield
    finally:
        pages().dependency_overrides.clear()
