"""What an error says about a declined method; intents keep the same facts as their last error."""

from __future__ import annotations

from sandbox.cards.declines import Decline, doc_url
from sandbox.errors import ApiFault, card_fault
from sandbox.events.record import restore, snapshot
from sandbox.state import Obj


def decline_facts(decline: Decline, method: Obj) -> Obj:
    """The fields that an error and an intent's last error share; what is not known is left out."""
    facts: Obj = {
        "advice_code": decline.advice_code,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": doc_url(decline.code),
        "message": decline.message,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "param": decline.param,
        "payment_method": restore(snapshot(method)),
    }
    if method["type"] != "card":
        facts["payment_method_type"] = method["type"]
    return {name: value for name, value in facts.items() if value is not None}


def declined(facts: Obj, **about: Obj) -> ApiFault:
    """The 402 from such facts; `about` adds the intent, and what else the error names, as it stands now."""
    whole = {name: restore(snapshot(obj)) for name, obj in about.items()}
    error = {name: value for name, value in facts.items() if name != "type"}
    return card_fault({**error, **whole})
