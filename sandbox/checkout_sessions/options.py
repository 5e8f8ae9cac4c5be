"""Parts of a new session's parameters, each read into the hash that the session shows."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.coupons.objects import redeemable
from sandbox.errors import invalid, missing_param
from sandbox.parameters import Params, choice, flag, integer, mapping, sequence, text
from sandbox.promotion_codes.redeeming import usable_code
from sandbox.state import Obj, State

SHORTEST = 30 * 60
# Names of the display modes, the newest first; older versions say the same in other words.
UI_MODES = {"hosted_page": "hosted_page", "embedded_page": "embedded_page", "elements": "elements", "form": "form",
            "hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}  # fmt: skip


def deadline(now: int, params: Params) -> int:
    """`expires_at`: between half an hour and a day from now, by default a day."""
    wanted = integer(params, "expires_at")
    if wanted is None:
        return now + DAY
    if not now + SHORTEST <= wanted <= now + DAY:
        raise invalid("expires_at must lie between 30 minutes and 24 hours from now.", param="expires_at")
    return wanted


def returning(params: Params) -> Obj:
    """Where the customer goes afterwards: a hosted page has two addresses, an embedded one `return_url`."""
    mode = UI_MODES.get(text(params, "ui_mode") or "hosted_page")
    if mode is None:
        raise invalid(f"Invalid ui_mode: must be one of {', '.join(UI_MODES)}", param="ui_mode")
    hosted = mode == "hosted_page"
    shown: Obj = {
        "ui_mode": mode,
        "cancel_url": text(params, "cancel_url"),
        "success_url": text(params, "success_url"),
    }
    if hosted:
        if shown["success_url"] is None:
            raise missing_param("success_url")
        return shown
    if shown["success_url"] or shown["cancel_url"]:
        raise invalid("success_url and cancel_url go with hosted pages only.", param="success_url")
    redirect = choice(params, "redirect_on_completion", ("always", "if_required", "never"), "always")
    back = text(params, "return_url")
    if back is None and redirect != "never":
        raise missing_param("return_url")
    return {**shown, "redirect_on_completion": redirect, "return_url": back}


def consent_collection(params: Params) -> Obj | None:
    wanted = mapping(params, "consent_collection")
    if not wanted:
        return None
    reuse = mapping(wanted, "payment_method_reuse_agreement")
    return {
        "payment_method_reuse_agreement": {"position": text(reuse, "position")} if reuse else None,
        "promotions": choice(wanted, "promotions", ("auto", "none")),
        "terms_of_service": choice(wanted, "terms_of_service", ("none", "required")),
    }


def after_expiration(params: Params) -> Obj | None:
    recovery = mapping(mapping(params, "after_expiration"), "recovery")
    if not recovery:
        return None
    return {
        "recovery": {
            "allow_promotion_codes": flag(recovery, "allow_promotion_codes"),
            "enabled": flag(recovery, "enabled"),
            "expires_at": None,
            "url": None,
        }
    }


def session_discounts(state: State, params: Params, customer: str | None) -> list[Obj]:
    """The one discount that a session may start with, checked but not yet counted as redeemed."""
    wanted = sequence(params, "discounts")
    if wanted and flag(params, "allow_promotion_codes"):
        raise invalid("You may only specify one of allow_promotion_codes and discounts.", param="discounts")
    if len(wanted) > 1:
        raise invalid("A session takes one discount.", param="discounts")
    shown = []
    for entry in wanted:
        code, coupon = text(entry, "promotion_code"), text(entry, "coupon")
        if code:
            usable_code(state, code, customer, "discounts[0][promotion_code]")
        else:
            redeemable(state, coupon or "", "discounts[0][coupon]")
        shown.append({"coupon": None if code else coupon, "promotion_code": code})
    return shown
