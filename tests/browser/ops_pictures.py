"""Takes the pictures of the dashboard that docs/dashboard.md shows: python -m tests.browser.ops_pictures"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.auth import Scope
from app.ops.dashboard.sections import SECTIONS
from tests.browser.chromium import open_chromium, why_not
from tests.browser.office import open_office
from tests.browser.windows import DESKTOP, PHONE, Scheme, Windows
from tests.ops.seed import KEYS

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PAGES = {
    **{name: "/ops" if name == "glance" else f"/ops/{name}" for name in SECTIONS},
    "case": "/ops/cases/case_0059",
    "customer": "/ops/customers/cus_0051",
}
SIZES: tuple[tuple[str, int, int], ...] = (("phone", PHONE, 2000), ("desktop", DESKTOP, 1700))
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
QUALITY = 62
"""Of the compression: the small words can just be read."""


def main() -> int:
    """Exit status 1, with the reason, where no browser is found."""
    reason = why_not()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_chromium() as browser,
        open_office(Path(folder)) as url,
    ):
        windows = Windows(browser)
        for size, width, longest in SIZES:
            for scheme in SCHEMES:
                with windows.open(width, 900, scheme=scheme) as page:
                    sign_in(page, url)
                    for name, path in PAGES.items():
                        page.goto(url + path, wait_until="networkidle")
                        picture = take(page, width, longest)
                        (PICTURES / f"ops-{name}-{size}-{scheme}.webp").write_bytes(picture)
    return 0


def sign_in(page: Page, url: str) -> None:
    """With an operator's key, by the form."""
    page.goto(f"{url}/ops/login")
    page.fill("input[name=key]", KEYS[Scope.OPERATE])
    page.locator("main form button").click()
    page.wait_for_url(f"{url}/ops")


def take(page: Page, width: int, longest: int) -> bytes:
    """The page from its top, as WebP. Plots are only loaded where they come into the window, so it grows first."""
    height = min(longest, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every(image => image.complete || image.loading == 'lazy')")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    wanted = {"format": "webp", "quality": QUALITY, "clip": clip}
    told = page.context.new_cdp_session(page).send("Page.captureScreenshot", wanted)
    page.set_viewport_size({"width": width, "height": 900})
    return base64.b64decode(told["data"])


if __name__ == "__main__":
    raise SystemExit(main())
