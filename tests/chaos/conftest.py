from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Chaos takes minutes and both cores; it runs only when it is asked for (`make chaos`)."""
    if config.getoption("--chaos"):
        return
    for item in items:
        if "tests/chaos/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason="only with --chaos"))
