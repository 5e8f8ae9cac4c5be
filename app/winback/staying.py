"""The offer to who has cancelled and whose paid time still runs: shown by the press that takes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.cases import service as case_engine
from app.cases.models import Case
from app.offers import service as offers
from app.offers.choosing import Chosen
from app.offers.models import Grant
from app.winback import repository
from app.winback.desk import person_of


def show_offer(session: Session, case: Case, chosen: Chosen, *, now: datetime) -> Grant | None:
    """The grant of an offer that is about to be accepted; its acceptance books it."""
    lapse = repository.lapse(session, case.subject_id)
    if lapse is None or chosen.name is None or chosen.offer is None or chosen.terms is None:
        return None
    occasion = offers.Occasion(
        case_id=case.id,
        customer_id=case.customer_id,
        subscription_id=lapse.id,
        address_hash=person_of(session, lapse, now=now).address_hash,
        arm=case.experiment_arm,
        reason=lapse.reason,
        preset=None,
        given_by="return",
    )
    grant = offers.show(session, occasion, chosen.name, chosen.offer, chosen.terms, now=now)
    case_engine.note(session, case, "offer.shown", f"The offer {grant.offer} is made for staying.", now=now)
    return grant
