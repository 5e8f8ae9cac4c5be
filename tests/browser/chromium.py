"""A real Chromium: where it stands on this machine, and windows of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium's own sandbox needs rights that a container does not give; it opens nothing but our own pages here.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none", "--disable-lcd-text"]


def find_chromium() -> str | None:
    """The program that RECLAIM_CHROMIUM names, else the first of the usual names on the path."""
    told = os.environ.get("RECLAIM_CHROMIUM")
    if told:
        return shutil.which(told)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def why_not() -> str | None:
    """Why no browser can be opened here; None where one can."""
    if find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        return "Playwright is not installed; `make browser` installs it"
    if find_chromium() is None:
        return f"no Chromium: none of {', '.join(NAMES)} is on the path, and RECLAIM_CHROMIUM names none"
    return None


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A headless browser of this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()
