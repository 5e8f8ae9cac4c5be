"""`/v1/disputes`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.disputes.opening import decide_dispute
from sandbox.events.record import changing
from sandbox.parameters import flag, mapping, merged_metadata, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj


def retrieve(call: Call) -> Obj:
    return call.state.get("dispute", call.id)


def update(call: Call) -> Obj:
    """Evidence is stored, and submitted unless told otherwise."""
    dispute = call.state.get("dispute", call.id)
    with changing(call.state, dispute, "charge.dispute.updated"):
        dispute["metadata"] = merged_metadata(dispute["metadata"], call.params)
        dispute["evidence"] = {**dispute["evidence"], **mapping(call.params, "evidence")}
        dispute["evidence_details"]["has_evidence"] = bool(dispute["evidence"])
        if dispute["evidence"] and flag(call.params, "submit", True):
            dispute["status"] = "under_review"
            dispute["evidence_details"]["submission_count"] += 1
    return dispute


def close(call: Call) -> Obj:
    """Accepting a dispute loses it."""
    return decide_dispute(call.state, call.state.get("dispute", call.id), "lost")


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("dispute") if within(row["created"], call.params, "created")]
    for name in ("charge", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/disputes")


ROUTES = [
    route(
        "GET", "/v1/disputes", list_all, "limit starting_after ending_before charge payment_intent created"
    ),
    route("GET", "/v1/disputes/{}", retrieve),
    route("POST", "/v1/disputes/{}", update, "evidence metadata submit"),
    route("POST", "/v1/disputes/{}/close", close),
]
