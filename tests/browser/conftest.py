"""The suite that opens a browser. All but the smoke runs with --browser only (`make browser`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import open_chromium, why_not
from tests.browser.shop import Shop, open_shop
from tests.browser.windows import Windows

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SMOKE = "test_smoke.py"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reason = why_not()
    wanted = config.getoption("--browser")
    for item in items:
        if "tests/browser/" not in item.path.as_posix():
            continue
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
        elif not wanted and item.path.name != SMOKE:
            item.add_marker(pytest.mark.skip(reason="only with --browser"))


@pytest.fixture(scope="module")  # while one is open, its event loop runs, and no other test could run one
def chromium() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture
def windows(chromium: Browser, shop: Shop) -> Iterator[Windows]:
    """Windows onto the shop; a test fails in which one of them asked anybody else for anything."""
    made = Windows(chromium)
    yield made
    assert made.asked_elsewhere(shop.url, shop.sandbox.api_base) == []
