"""What a press of a button does: read the contract live, take one step in one transaction, carry it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from app.cancellation import repository, service
from app.cancellation.desk import Desk, Visitor, is_under_way, open_desk
from app.cancellation.ending import KEEP
from app.cancellation.looking import live_contract
from app.cancellation.rules import course
from app.cancellation.rules.statutory import declared
from app.cancellation.states import STORED, Do, Screen
from app.cases import repository as case_rows
from app.core.errors import LinkInvalid, ProviderError
from app.core.links import LinkSubject
from app.offers.rules.contract import Contract, Preview
from app.outbox.models import Action
from app.portal.cancel.ports import CancelApplication
from app.portal.cancel.scene import Scene, case_scene, scene_of, scene_of_visit, undoing

log = structlog.get_logger()

Render = Callable[[Scene], str]
WANTS_AN_OFFER = frozenset({Do.ANSWER, Do.PERMIT})


@dataclass(frozen=True, slots=True)
class Press:
    """A button and the fields beside it."""

    do: Do
    visitor: Visitor
    visit_id: str | None
    fields: Mapping[str, str]


def act(application: CancelApplication, press: Press, render: Render) -> str:
    """Take the step that a button asks for; returns the visit's id, if any. `render` makes the stored page."""
    contract, preview = _look(application, press)
    now = application.clock()  # before the transaction: a test clock has a connection of its own
    with application.db.write() as session:
        late = not course.may(press.do, Screen.START)
        if late and not is_under_way(session, press.visitor, press.visit_id, now=now):
            return press.visit_id or ""
        desk = open_desk(
            session, press.visitor, press.visit_id, contract, application.cancelling, preview=preview, now=now
        )
        _keep_first_screen(desk, render)
        action = _step(desk, press) if course.may(press.do, _screen_of(desk)) else None
        session.flush()
        _keep_screen(desk, render)
        visit_id = desk.visit.id
    if action is not None:
        application.actions.deliver(action.id)
        _keep_end(application, press.visitor, visit_id, render)
    return visit_id


def _look(application: CancelApplication, press: Press) -> tuple[Contract | None, Preview | None]:
    """The live contract where an offer may follow; without an answer there is no offer, and cancelling goes on."""
    if press.do not in WANTS_AN_OFFER:
        return None, None
    try:
        visitor = press.visitor
        return live_contract(application.contracts, visitor.customer_id, visitor.subscription_id)
    except ProviderError as error:
        log.warning("cancel_page.provider_error", permanent=error.permanent)
        return None, None


def _step(desk: Desk, press: Press) -> Action | None:
    fields = press.fields
    match press.do:
        case Do.ANSWER:
            service.answer(
                desk,
                reason=fields.get("reason"),
                missing=fields.get("missing"),
                comment=fields.get("comment"),
            )
        case Do.PERMIT:
            service.permit(desk)
        case Do.REFUSE:
            desk.visit.permitted = False
            return _cancel(desk, fields)
        case Do.ACCEPT:
            return service.accept(desk)
        case Do.CANCEL | Do.CONFIRM:
            return _cancel(desk, fields)
        case Do.KEEP:
            service.keep(desk)
        case Do.UNDO:
            desk.visit.screen = Screen.UNDOING
            return service.undo(desk.session, desk.case, now=desk.now)
    return None


def _cancel(desk: Desk, fields: Mapping[str, str]) -> Action | None:
    at = Screen(desk.visit.screen)
    if at is Screen.START:
        service.remember_answer(
            desk, reason=fields.get("reason"), missing=fields.get("missing"), comment=fields.get("comment")
        )
    if course.after_cancel(desk.preset, at) is Screen.BARE:
        desk.visit.screen = Screen.BARE
        return None
    if repository.action_of(desk.session, desk.case.id, KEEP) is not None:
        # An earlier cancellation is being taken back at this moment: the two must not overtake each other.
        desk.visit.screen = Screen.UNDOING
        return None
    if at is Screen.BARE:
        service.declare(desk, declared(fields))
    return service.cancel(desk)


def _screen_of(desk: Desk) -> Screen:
    """What the customer sees by now: an offer that could not be applied leaves them free to cancel."""
    blank = Scene(Screen.START, desk.preset, desk.customer, desk.case.subject_id)
    return scene_of_visit(desk.session, desk.visit, blank).screen


def _keep_first_screen(desk: Desk, render: Render) -> None:
    """The first page wrote nothing when it was shown; it is kept with the first press on it."""
    if repository.latest_screen(desk.session, desk.visit.id) is None:
        _record(desk.session, desk, render)


def _keep_screen(desk: Desk, render: Render) -> None:
    if Screen(desk.visit.screen) in STORED:
        _record(desk.session, desk, render)


def _record(session: Session, desk: Desk, render: Render) -> None:
    visit = desk.visit
    scene = scene_of(session, visit.customer_id, visit.subscription_id, visit.id, desk.setup, now=desk.now)
    repository.record_screen(session, visit, render(scene), now=desk.now)


def _keep_end(application: CancelApplication, visitor: Visitor, visit_id: str, render: Render) -> None:
    """What the customer sees of the end is kept as well."""
    about, now = (visitor.customer_id, visitor.subscription_id), application.clock()
    with application.db.write() as session:
        visit = repository.visit(session, visit_id, lock=True)
        if visit is not None:
            scene = scene_of(session, *about, visit_id, application.cancelling, now=now)
            repository.record_screen(session, visit, render(scene), now=now, screen=scene.screen)


def undo(application: CancelApplication, subject: LinkSubject, *, press: bool) -> Scene:
    """How a cancellation stands that a link takes back; `press`: take it back. Raises LinkInvalid.

    Too late is told by the provider, not by the clock: it may have ended a moment ago.
    """
    now = application.clock()
    with application.db.write() if press else application.db.read() as session:
        case = case_rows.get(session, subject.subject_id, lock=press)
        if case is None or (case.customer_id, case.link_epoch) != (subject.customer_id, subject.epoch):
            raise LinkInvalid("this link is not one of ours")
        scene = case_scene(session, case, application.cancelling)
        action = service.action_of(session, case.id, KEEP)
        if press and action is None and scene.screen is Screen.CANCELLED:
            action = service.undo(session, case, now=now)
        if action is not None:
            scene = undoing(scene, action)
    if press and action is not None:
        application.actions.deliver(action.id)
    return scene
