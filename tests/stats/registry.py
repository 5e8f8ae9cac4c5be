"""The register of figures as tests ask it."""

from __future__ import annotations

from app.stats.definitions import DEFINITIONS


def words_of(section: str) -> dict[str, str]:
    """What each figure of a section means, by its short name, for who reads a table."""
    return {d.name.partition(".")[2]: d.words for d in DEFINITIONS.values() if d.section == section}
