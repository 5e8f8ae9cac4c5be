"""Which language a page speaks: the customer's, else the browser's, else the merchant's."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.i18n import Catalogues, Language, our_catalogues

MOST_TAGS = 12
LONGEST_HEADER = 300


def catalogues() -> Catalogues:
    """The service's languages; a FastAPI dependency, so that tests can bring their own."""
    return our_catalogues()


def negotiate(words: Catalogues, *, own: str | None, accept: str | None, default: str) -> Language:
    """The first wish for which there are words."""
    for tag in (own, *accepted(accept)):
        if tag:
            found = words.choose(tag, "")
            if found.locale.language == _primary(tag):
                return found
    return words.choose(None, default)


def accepted(header: str | None) -> Iterable[str]:
    """The tags of an Accept-Language header, best first: `fr;q=0.5, de-AT` is `de-AT`, `fr`."""
    wishes: list[tuple[float, str]] = []
    for part in (header or "")[:LONGEST_HEADER].split(",")[:MOST_TAGS]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if tag.strip() and tag.strip() != "*" and quality > 0:
            wishes.append((quality, tag.strip()))
    return [tag for _, tag in sorted(wishes, key=lambda wish: -wish[0])]


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()
