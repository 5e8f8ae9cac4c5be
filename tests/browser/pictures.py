"""Takes the pictures of the cancel page that docs/cancelling.md shows: python -m tests.browser.pictures"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import open_chromium, why_not
from tests.browser.shop import Shop, open_shop
from tests.browser.walker import Walker
from tests.browser.windows import DESKTOP, PHONE, Scheme, Windows

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> int:
    """Exit status 1, with the reason, where no browser is found."""
    reason = why_not()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, open_chromium() as browser, open_shop(Path(folder)) as shop:
        windows = Windows(browser)
        take_offer(windows, shop, "phone", PHONE, "light")
        take_offer(windows, shop, "dark", DESKTOP, "dark", only_offer=True)
        take_german(windows, shop)
    return 0


def take_offer(
    windows: Windows, shop: Shop, name: str, width: int, scheme: Scheme, *, only_offer: bool = False
) -> None:
    """The first page, the offer and the end; or the offer alone."""
    with windows.open(width, 640, scheme=scheme) as page:
        walker = Walker(page)

        def shoot(what: str) -> None:
            page.screenshot(path=DOCS / f"cancel-{what}-{name}.png", full_page=not only_offer)

        walker.open(shop.cancel_link("EU"))
        walker.choose("too_expensive")
        if not only_offer:
            shoot("start")
        walker.press("answer")
        shoot("offer")
        if not only_offer:
            walker.press("cancel")
            shoot("done")


def take_german(windows: Windows, shop: Shop) -> None:
    """The statutory page."""
    with windows.open(PHONE, 960) as page:
        walker = Walker(page)
        walker.open(shop.cancel_link("DE"))
        walker.press("cancel")
        page.screenshot(path=DOCS / "cancel-germany-phone.png")


if __name__ == "__main__":
    raise SystemExit(main())
