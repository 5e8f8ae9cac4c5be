"""`/v1/disputes`, and the early fraud warnings that may come before them."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.disputes import warnings
from sandbox.disputes.opening import EVIDENCE, OVER, decide_dispute, escalate
from sandbox.errors import invalid, unknown_param
from sandbox.events.record import changing
from sandbox.parameters import Params, flag, given, mapping, merged_metadata, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj

# The words in `uncategorized_text` by which a test decides a dispute.
MAGIC_EVIDENCE = {"winning_evidence": "won", "losing_evidence": "lost"}
ESCALATING = "escalate_inquiry_evidence"


def retrieve(call: Call) -> Obj:
    return call.state.get("dispute", call.id)


def update(call: Call) -> Obj:
    """Evidence is stored, and submitted unless told otherwise; the official test words decide at once."""
    state, dispute = call.state, call.state.get("dispute", call.id)
    evidence = mapping(call.params, "evidence")
    if evidence and dispute["status"] in OVER:
        raise invalid("This dispute is already closed; its evidence cannot be changed.", param="evidence")
    submitted = bool(evidence) and flag(call.params, "submit", True)
    with changing(state, dispute, "charge.dispute.updated"):
        dispute["metadata"] = merged_metadata(dispute["metadata"], call.params)
        if given(call.params, "intended_submission_method"):
            dispute["intended_submission_method"] = text(call.params, "intended_submission_method")
        _store(dispute, evidence)
        if submitted:
            warning = "warning_" if dispute["status"].startswith("warning_") else ""
            dispute["status"] = f"{warning}under_review"
            dispute["evidence_details"]["submission_count"] += 1
            dispute["evidence_details"]["submission_method"] = "manual"
    if submitted:
        _decide_by_words(call, dispute)
    return dispute


def _store(dispute: Obj, evidence: Params) -> None:
    for name in evidence:
        if name not in (*EVIDENCE, "enhanced_evidence", "appeal"):
            raise unknown_param(f"evidence[{name}]")
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    filled = [value for name, value in dispute["evidence"].items() if value]
    dispute["evidence_details"]["has_evidence"] = bool(filled)


def _decide_by_words(call: Call, dispute: Obj) -> None:
    words = dispute["evidence"]["uncategorized_text"]
    if words in MAGIC_EVIDENCE:
        decide_dispute(call.state, dispute, MAGIC_EVIDENCE[words])
    elif words == ESCALATING and dispute["status"].startswith("warning_"):
        with changing(call.state, dispute, "charge.dispute.updated"):
            escalate(call.state, dispute)


def close(call: Call) -> Obj:
    """Accepting a dispute loses it."""
    return decide_dispute(call.state, call.state.get("dispute", call.id), "lost")


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("dispute") if within(row["created"], call.params, "created")]
    for name in ("charge", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/disputes")


PAGE = "limit starting_after ending_before charge payment_intent created"
ROUTES = [
    route("GET", "/v1/disputes", list_all, PAGE),
    route("GET", "/v1/disputes/{}", retrieve),
    route("POST", "/v1/disputes/{}", update, "evidence metadata submit intended_submission_method"),
    route("POST", "/v1/disputes/{}/close", close),
    *warnings.ROUTES,
]
