"""`/recover/{session}`: the link that opens an expired checkout session anew."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.checkout_sessions.objects import new_session
from sandbox.pages.layout import page, see_other
from sandbox.state import Obj, State


def show(state: State, session_id: str, form: Obj | None) -> Response:
    """A copy of the session with a day of its own, and on to its page."""
    session = state.get("checkout.session", session_id)
    recovery = (session["after_expiration"] or {}).get("recovery") or {}
    if not recovery.get("url") or recovery["expires_at"] <= state.now:
        return page("Link over", "<h1>This link is no longer open</h1><p>Please ask for a new one.</p>", 410)
    params = {
        name: value for name, value in state.hidden.session_params[session_id].items() if name != "expires_at"
    }
    if recovery["allow_promotion_codes"] and not params.get("discounts"):
        params["allow_promotion_codes"] = "true"
    return see_other(new_session(state, params, recovered_from=session_id)["url"])
