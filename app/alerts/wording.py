"""The sentences of alerts in Slack's plain markup, which other chats understand too. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from babel import Locale

from app.core.i18n import format_money
from app.core.money import Money

ENGLISH = Locale("en")


def plain(text: str) -> str:
    """Words as they are: nothing in them becomes a link or calls a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(url: str | None, text: str) -> str:
    """A link, or the words alone where no address is known."""
    return f"<{url}|{plain(text)}>" if url else plain(text)


def money(amounts: Iterable[Money]) -> str:
    """`$1,250.00 and €90.00`; each currency for itself."""
    return " and ".join(plain(format_money(m, ENGLISH)) for m in amounts)
