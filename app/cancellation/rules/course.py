"""The order of the screens. One press at most lies between any of them and the cancellation."""

from __future__ import annotations

from app.cancellation.rules.presets import OfferPlace, Preset
from app.cancellation.states import Do, Screen


def after_answer(preset: Preset, *, offers_left: int, has_offer: bool) -> Screen:
    """Where a reason leads. `offers_left`: how many this case may still be shown."""
    if not has_offer or offers_left < 1:
        return Screen.CONFIRM
    return Screen.PERMISSION if preset.offer_place is OfferPlace.AFTER_PERMISSION else Screen.OFFER


def after_cancel(preset: Preset, at: Screen | None) -> Screen:
    """Where the cancel button leads: at once to the cancellation, but for the statutory page."""
    if preset.bare_confirmation and at is not Screen.BARE:
        return Screen.BARE
    return Screen.CANCELLING


def may(do: Do, at: Screen | None) -> bool:
    """Whether a button that was pressed is one of the screen; what belongs to another screen does nothing."""
    match do:
        case Do.CANCEL | Do.KEEP | Do.CONFIRM:
            return at not in (Screen.CANCELLED, Screen.CANCELLING, Screen.APPLYING, Screen.UNDOING)
        case Do.ANSWER:
            return at in (None, Screen.START, Screen.CONFIRM, Screen.KEPT)
        case Do.PERMIT | Do.REFUSE:
            return at is Screen.PERMISSION
        case Do.ACCEPT:
            return at is Screen.OFFER
        case Do.UNDO:
            return at in (Screen.CANCELLED, Screen.CANCELLING, Screen.UNDOING, Screen.UNDONE)
