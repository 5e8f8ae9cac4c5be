"""Colours a person can read (WCAG 2.2, 1.4.3: 4.5 to 1 for text)."""

from __future__ import annotations

ENOUGH = 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21: black on white is 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(background: str, wanted: str) -> str:
    """The wanted text colour where it can be read on the background, else black or white."""
    if contrast(background, wanted) >= ENOUGH:
        return wanted
    return max(("#ffffff", "#000000"), key=lambda colour: contrast(background, colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
