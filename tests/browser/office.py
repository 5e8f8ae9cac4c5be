"""The operator's side of a business after a year, on a real port: rows of sixty cases, figures of many more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap import Application
from app.configuration import Configuration
from app.main import create_app
from app.settings import Settings
from tests.browser.serving import free_listener, serving
from tests.ops.figures import fill_figures
from tests.ops.seed import NOW, fill
from tests.schema import build_schema


@contextmanager
def open_office(folder: Path) -> Iterator[str]:
    """Its address."""
    database_url = f"sqlite:///{folder / 'office.db'}"
    build_schema(database_url)
    listener, url = free_listener()
    application = Application(
        Settings(database_url=database_url, secret_keys="k" * 40, public_url=url), Configuration()
    )
    application.clock = lambda: NOW
    fill(application.db)
    fill_figures(application.db)
    with serving(create_app(application), listener):
        yield url
    application.db.dispose()
