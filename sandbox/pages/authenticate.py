"""`/authenticate/{intent}`: stands for the bank's own page, for intents that belong to no invoice."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.pages.layout import page, see_other
from sandbox.payment_intents.charging import charge_intent
from sandbox.payment_intents.confirming import refuse_action
from sandbox.setup_intents.objects import fail, succeed
from sandbox.state import Obj, State


def show(state: State, intent_id: str, form: Obj | None) -> Response:
    kind = "setup_intent" if intent_id.startswith("seti_") else "payment_intent"
    intent = state.get(kind, intent_id)
    if intent["status"] != "requires_action":
        return page("Done", "<h1>Nothing to confirm</h1><p>You can close this page.</p>")
    if form is None:
        content = f"""<h1>Your bank asks you to confirm</h1><p>This stands for the bank's own page.</p>
<form method="post" action="/authenticate/{intent_id}"><button name="confirm" value="yes">Confirm</button>
<button class="quiet" name="confirm" value="no">Refuse</button></form>"""
        return page("Confirm", content)
    return_url = intent["next_action"]["redirect_to_url"]["return_url"]
    method = state.get("payment_method", intent["payment_method"])
    _decide(state, intent, method, form.get("confirm") == "yes")
    return (
        see_other(return_url)
        if return_url
        else page("Done", "<h1>Thank you</h1><p>You can close this page.</p>")
    )


def _decide(state: State, intent: Obj, method: Obj, confirmed: bool) -> None:
    if intent["object"] == "setup_intent" and confirmed:
        succeed(state, intent, method)
    elif intent["object"] == "setup_intent":
        fail(
            state,
            intent,
            {
                "code": "setup_intent_authentication_failure",
                "message": "The bank did not confirm.",
                "payment_method": dict(method),
            },
        )
    elif confirmed:
        charge_intent(state, intent, method, authenticated=True, off_session=False)
    else:
        refuse_action(state, intent)
