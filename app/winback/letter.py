"""What a printed letter says. Plain paragraphs; whoever prints it puts in the street, which we do not hold."""

from __future__ import annotations

from dataclasses import dataclass

from app.winback.states import LapseKind


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's heading and paragraphs."""

    greeting: str
    paragraphs: tuple[str, ...]
    closing: str


def words_for(
    kind: LapseKind, *, brand: str, plan: str | None, name: str | None, website: str | None
) -> Words:
    """The letter for a kind of lapse. Who moved or closed is not named in it: its reader is somebody else."""
    what = plan or brand
    where = f"You find us at {website}." if website else "You find us under the address above."
    if kind in (LapseKind.MOVED, LapseKind.CLOSED):
        return Words(
            "To the new occupant",
            (
                f"until lately {brand} was in use at this address. Perhaps it is of use to you, too.",
                f"{where} If it is not, you need do nothing: we do not know who you are and will not write again.",
            ),
            brand,
        )
    return Words(
        f"Dear {name}" if name else "Good day",
        (
            f"your subscription to {what} has ended. What was yours can be yours again, at the price of today.",
            f"{where} If you would rather hear no more from us, tell us, and this is the last letter.",
        ),
        brand,
    )
