"""`/portal/{session}`: the billing portal. A form's `do` carries something out, its `show` opens a step."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from starlette.responses import Response

from sandbox.billing_portal import acting
from sandbox.billing_portal.configurations import KIND
from sandbox.errors import ApiFault, invalid
from sandbox.pages import portal_home, portal_steps
from sandbox.pages.cards import method_from_form
from sandbox.pages.layout import back_link, page, see_other
from sandbox.parameters import text
from sandbox.state import Obj, State


def show(state: State, session_id: str, form: Obj | None) -> Response:
    session = state.get("billing_portal.session", session_id)
    visit = portal_steps.Visit(
        session,
        state.get("customer", session["customer"]),
        state.get(KIND, session["configuration"])["features"],
    )
    wanted = dict(form or {})
    problem = None
    action = _action(wanted)
    if action:
        try:
            return _carried_out(state, visit, action, wanted)
        except ApiFault as fault:
            problem = str(fault.error["message"])
    step = action or text(wanted, "show") or (session["flow"] or {}).get("type") or "home"
    title, content = _content(state, visit, step, wanted, problem)
    back = back_link(session["return_url"], "Go back")
    return page(title, content + back, 402 if problem else 200)


def _action(form: Obj) -> str | None:
    """What a submitted form asks to be done; a card's number alone changes the card."""
    named = text(form, "do")
    if named is None and (text(form, "number") or text(form, "offered")):
        return "payment_method_update"
    return named


def _content(
    state: State, visit: portal_steps.Visit, step: str, form: Obj, problem: str | None
) -> tuple[str, str]:
    draw = portal_steps.STEPS.get(step)
    if draw is None:
        return portal_home.draw(state, visit, problem)
    flow = visit.flow.get(step) or {}
    subscription_id = text(form, "subscription") or flow.get("subscription")
    subscription = (
        acting.own_subscription(state, visit.customer, str(subscription_id)) if subscription_id else None
    )
    return draw(state, visit, subscription, problem)


def _carried_out(state: State, visit: portal_steps.Visit, action: str, form: Obj) -> Response:
    feature = visit.features.get(FEATURE_OF.get(action, action))
    if feature is None or not feature["enabled"]:
        raise invalid("This portal does not offer that.", param="do")
    ACTIONS[action](state, visit, form)
    return _afterwards(visit, action)


def _afterwards(visit: portal_steps.Visit, action: str) -> Response:
    """Where a finished flow leads; other visits see the home page again."""
    if visit.flow.get("type") != action:
        return see_other(f"/portal/{visit.session['id']}")
    after = visit.flow["after_completion"]
    if after["type"] == "redirect":
        return see_other(after["redirect"]["return_url"])
    if after["type"] == "hosted_confirmation":
        said = after["hosted_confirmation"]["custom_message"] or "Your change is done."
        return page("Done", f"<h1>Thank you</h1><p>{escape(said)}</p>")
    return see_other(visit.session["return_url"] or f"/portal/{visit.session['id']}")


def _card(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    acting.change_card(state, visit.customer, method_from_form(state, form, visit.customer["id"]))


def _subscription(state: State, visit: portal_steps.Visit, form: Obj) -> Obj:
    return acting.own_subscription(state, visit.customer, str(form.get("subscription")))


def _cancel(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    feedback = text(form, "feedback")
    if feedback and feedback not in visit.features["subscription_cancel"]["cancellation_reason"]["options"]:
        raise invalid("Unknown reason.", param="feedback")
    feature = visit.features["subscription_cancel"]
    acting.cancel(state, _subscription(state, visit, form), feature, feedback, text(form, "comment"))


def _keep(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    acting.keep(state, _subscription(state, visit, form))


def _offer(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    retention = (visit.flow.get("subscription_cancel") or {}).get("retention")
    if not retention:
        raise invalid("There is no offer.", param="do")
    acting.accept_offer(state, _subscription(state, visit, form), retention["coupon_offer"]["coupon"])


def _plan(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    subscription = _subscription(state, visit, form)
    wanted = str(form.get("price"))
    if wanted not in portal_steps.offered_prices(visit):
        raise invalid("This price is not offered.", param="price")
    item = subscription["items"]["data"][0]
    feature = visit.features["subscription_update"]
    acting.change_plan(state, subscription, feature, [{"id": item["id"], "price": wanted}], None)


def _confirmed_plan(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    wanted = visit.flow["subscription_update_confirm"]
    subscription = acting.own_subscription(state, visit.customer, wanted["subscription"])
    feature = visit.features["subscription_update"]
    acting.change_plan(state, subscription, feature, wanted["items"], wanted["discounts"])


def _pause(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    acting.pause(state, _subscription(state, visit, form))


def _take_up(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    acting.take_up(state, _subscription(state, visit, form))


def _details(state: State, visit: portal_steps.Visit, form: Obj) -> None:
    acting.change_details(state, visit.customer, visit.features["customer_update"], form)


ACTIONS: dict[str, Callable[[State, portal_steps.Visit, Obj], None]] = {
    "accept_offer": _offer,
    "customer_update": _details,
    "keep": _keep,
    "payment_method_update": _card,
    "resume": _take_up,
    "subscription_cancel": _cancel,
    "subscription_pause": _pause,
    "subscription_update": _plan,
    "subscription_update_confirm": _confirmed_plan,
}
# Action -> feature that allows it, where the names differ.
FEATURE_OF = {
    "accept_offer": "subscription_cancel",
    "keep": "subscription_cancel",
    "resume": "subscription_pause",
    "subscription_update_confirm": "subscription_update",
}
