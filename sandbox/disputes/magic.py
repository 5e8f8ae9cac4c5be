"""What the official test methods do after a good charge: disputes, inquiries, early fraud warnings."""

from __future__ import annotations

from sandbox.cards.accounts import DEBITS, account_facts
from sandbox.cards.verdicts import facts_of
from sandbox.disputes.opening import open_dispute
from sandbox.disputes.warnings import warn_of_fraud
from sandbox.state import Obj, State


def after_the_charge(state: State, charge: Obj, method: Obj) -> None:
    """Open what the method's number stands for; nothing for plain ones."""
    if method["type"] in DEBITS:
        reason = account_facts(state, method).dispute
        if reason:
            open_dispute(state, charge, reason)
        return
    facts = facts_of(state, method)
    if facts.fraud_warning:
        warn_of_fraud(state, charge)
    for _ in range(facts.dispute_count if facts.dispute else 0):
        open_dispute(state, charge, str(facts.dispute), inquiry=facts.inquiry)
