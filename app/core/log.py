"""Logs are events with fields: text on a terminal, else JSON lines; never an address, token or payload."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

SECRET = re.compile(
    r"(sk|rk|whsec|pk)_[A-Za-z0-9_.\-]{6,}|[\w.+-]+@[\w-]+\.[\w.-]+|/(card|cancel|return)/[\w.\-]+"
)


def _clean(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {k: SECRET.sub("[hidden]", v) if isinstance(v, str) else v for k, v in event.items()}


def configure(level: str, log_format: str | None) -> None:
    """Set up logging for this process; messages go to standard error."""
    as_text = log_format == "text" or (log_format is None and sys.stderr.isatty())
    render: Any = structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    chain: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        _clean,
        render,
    ]
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
