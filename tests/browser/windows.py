"""Windows onto the shop: a width, a colour scheme, with or without scripts. Every request is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE, DESKTOP = 360, 1280
Scheme = Literal["light", "dark"]


@dataclass
class Windows:
    """Opens windows of one browser. `requested`: the address of everything that any of them has asked for."""

    browser: Browser
    requested: list[str] = field(default_factory=list)

    @contextmanager
    def open(
        self,
        width: int = PHONE,
        height: int = 740,
        *,
        scheme: Scheme = "light",
        scripts: bool = False,
        locale: str = "en-US",
        zoom: float = 1,
    ) -> Iterator[Page]:
        """`zoom`: the browser's own zoom; it divides the width that a page has, and multiplies its points."""
        size = {"width": round(width / zoom), "height": round(height / zoom)}
        context = self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            device_scale_factor=zoom,
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale=locale,
            reduced_motion="reduce",
        )
        context.set_default_timeout(5_000)
        context.on("request", lambda request: self.requested.append(request.url))
        try:
            yield context.new_page()
        finally:
            context.close()

    def asked_elsewhere(self, *homes: str) -> list[str]:
        """What was asked of anybody but these."""
        return [url for url in self.requested if not url.startswith((*homes, "data:", "about:"))]
