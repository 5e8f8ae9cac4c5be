"""What a press of a button does: look at the provider, decide in one transaction, go on where that leads.

No transaction is open while the provider is asked. Pressing twice gives one offer, one page and one change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.cancellation.ending import KEEP
from app.cancellation.looking import live_contract
from app.cases import service as case_engine
from app.cases.models import Case
from app.core.errors import ProviderError
from app.core.links import LinkPurpose, LinkSubject
from app.offers import service as offers
from app.offers.rules.contract import Contract
from app.outbox.service import open_task, queue_action
from app.portal.returning.buying import Intent, buy, open_page
from app.portal.returning.plans import candidates
from app.portal.returning.ports import ReturnApplication
from app.portal.returning.scene import Scene, case_of, open_grant, scene_of
from app.portal.returning.states import Do, View
from app.portal.service import Onward
from app.winback import service
from app.winback.models import Lapse
from app.winback.ports import Plan
from app.winback.staying import show_offer

log = structlog.get_logger()

ANSWER_IN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Press:
    """A button, and the offer that stood above it (`offer` empty: none did)."""

    do: Do
    token: str
    offer: str


def look(application: ReturnApplication, subject: LinkSubject, *, returned_from: str | None = None) -> Scene:
    """The scene of a link; raises LinkInvalid. A provider that does not answer is asked again by the POST."""
    with application.db.read() as session:
        _, lapse = case_of(session, subject)
        wanted = candidates(lapse.price_id, application.winning_back.winback.successors)
    try:
        plans = _plans(application, wanted)
    except ProviderError as error:
        log.warning("return_page.provider_error", permanent=error.permanent)
        plans = None
    with application.db.read() as session:
        case, lapse = case_of(session, subject)
        return scene_of(
            session,
            case,
            lapse,
            application.winning_back,
            plans=plans,
            returned_from=returned_from,
            now=application.clock(),
        )


def act(application: ReturnApplication, subject: LinkSubject, press: Press) -> Onward:
    """Take the step that a button asks for; where the customer goes next, None: back to the page.

    Raises LinkInvalid, ProviderError, or NotConfigured where there is no provider.
    """
    plans, contract = _look_live(application, subject, press)
    with application.db.write() as session:
        now = application.clock()
        case, lapse = case_of(session, subject, lock=True)
        scene = scene_of(
            session, case, lapse, application.winning_back, plans=plans, contract=contract, now=now
        )
        if press.do is Do.NO:
            service.not_interested(session, case, now)
            return Onward(None)
        service.clicked(session, case, now)
        intent = _decide(application, session, case, lapse, scene, press, now)
    if intent.action_id is not None:
        application.actions.deliver(intent.action_id)
    if intent.wanted is not None:
        return Onward(open_page(application, subject, intent, intent.wanted))
    return Onward(intent.url)


def _look_live(
    application: ReturnApplication, subject: LinkSubject, press: Press
) -> tuple[Mapping[str, Plan] | None, Contract | None]:
    """What the provider knows: the plan to return to, and the subscription that still runs."""
    with application.db.read() as session:
        _, lapse = case_of(session, subject)
        wanted = candidates(lapse.price_id, application.winning_back.winback.successors)
        running = lapse.running
    if press.do is Do.NO:
        return None, None
    if running and press.do is Do.RETURN and press.offer:
        contract, _ = live_contract(application.contracts, subject.customer_id, lapse.id)
        return None, contract
    return (None if running else _plans(application, wanted)), None


def _plans(application: ReturnApplication, price_ids: list[str]) -> Mapping[str, Plan] | None:
    return application.returns.prices(price_ids) if application.returns is not None else None


def _decide(
    application: ReturnApplication,
    session: Session,
    case: Case,
    lapse: Lapse,
    scene: Scene,
    press: Press,
    now: datetime,
) -> Intent:
    match scene.view:
        case View.OWED:
            assert scene.late_case is not None
            return Intent(url=application.card_link(scene.late_case))
        case View.GONE:
            _tell_that_it_is_gone(session, case, lapse, now)
            return Intent()
        case View.ENDING | View.FAILED:
            return _keep(application, session, case, lapse, scene, press, now)
        case View.RETURN | View.DECLINED if (press.do, press.offer) == (Do.RETURN, scene.offer_name or ""):
            return buy(application, session, case, scene, press.token, now)
        case _:
            return Intent()  # nothing to do, or not on the terms that were read: the page tells


def _tell_that_it_is_gone(session: Session, case: Case, lapse: Lapse, now: datetime) -> None:
    case.details = {**case.details, "asked_at": now.isoformat()}
    open_task(
        session,
        key=f"{case.id}:gone",
        kind="winback_plan",
        title="A customer wants to return, and their plan is no longer sold",
        detail=f"{lapse.plan or lapse.price_id or lapse.id}. Name what stands in its place under [winback.successors] "
        "of reclaim.toml, and write to them: the page has promised an answer.",
        case_id=case.id,
        customer_id=case.customer_id,
        due_at=now + ANSWER_IN,
        now=now,
    )


def _keep(
    application: ReturnApplication,
    session: Session,
    case: Case,
    lapse: Lapse,
    scene: Scene,
    press: Press,
    now: datetime,
) -> Intent:
    """Take the cancellation back: the offer's own change does that too, else a plain one does."""
    if press.do is Do.RETURN and press.offer:
        if press.offer != scene.offer_name:
            return Intent()
        return _accept(application, session, case, scene, now)
    action = queue_action(
        session,
        key=f"{case.id}:{KEEP}",
        name=KEEP,
        customer_id=case.customer_id,
        case_id=case.id,
        params={"subscription": lapse.id},
        own_wish=True,
        now=now,
    )
    case_engine.note(session, case, "undo.asked", "The customer takes the cancellation back.", now=now)
    return Intent(action_id=action.id if action else None)


def _accept(
    application: ReturnApplication, session: Session, case: Case, scene: Scene, now: datetime
) -> Intent:
    setup = application.winning_back
    grant = open_grant(session, case, now)
    if grant is None and scene.chosen is not None:
        grant = show_offer(session, case, scene.chosen, now=now)
    if grant is None:
        return Intent()
    try:
        action = offers.accept(session, grant.id, setup.offers, now=now)
    except offers.NotAvailable as error:
        case_engine.note(
            session, case, "offer.refused", f"The offer could not be accepted: {error}.", now=now
        )
        return Intent()
    case_engine.note(
        session, case, "offer.accepted", f"The customer stays with the offer {grant.offer}.", now=now
    )
    return Intent(action_id=action.id if action else None)


def read_link(application: ReturnApplication, token: str) -> LinkSubject:
    """Whom a link is about; raises LinkExpired, or LinkInvalid for any other fault."""
    return application.links.read(LinkPurpose.RETURN, token)
