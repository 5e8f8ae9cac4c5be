"""The provider's page on which somebody subscribes again: one at a time, for one offer, remembered when made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing.ports import ProviderPage
from app.cases.models import Case
from app.core.errors import NotConfigured, ProviderError
from app.core.links import LinkSubject
from app.offers import repository as grants
from app.offers.models import Grant
from app.offers.rules.terms import coupon_of, terms_from_json
from app.offers.states import Means
from app.outbox.service import queue_action
from app.portal.origins import may_go_to
from app.portal.returning.ports import ReturnApplication
from app.portal.returning.scene import Scene, case_of, open_grant
from app.winback import repository, service
from app.winback.ports import Checkout
from app.winback.settling import EXPIRE_CHECKOUT

PAGE_LASTS = timedelta(hours=23)  # the provider allows 24 from its own clock's now
SHORTEST_PAGE = timedelta(minutes=31)
ONE_PRESS = timedelta(minutes=1)
SESSION = "{SESSION}"


@dataclass(frozen=True, slots=True)
class Intent:
    """What the transaction has decided. `page`: a page to be opened under `key`; `known`: pages that may be open
    still; `action`: a change to be carried out; `url`: where else to go."""

    wanted: Checkout | None = None
    key: str = ""
    known: tuple[str, ...] = ()
    action_id: str | None = None
    url: str | None = None


def buy(
    application: ReturnApplication, session: Session, case: Case, scene: Scene, token: str, now: datetime
) -> Intent:
    """The page to be opened: under the same key within a minute, so that a double click opens one."""
    grant = open_grant(session, case, now)
    if grant is None and scene.chosen is not None:
        grant = service.make_offer(session, case, scene.chosen, application.winning_back, now)
        if grant is None:
            return Intent()  # the budget is used up by now: the page shows the normal price
    grant_id = grant.id if grant is not None else None
    known = tuple(s.id for s in repository.open_sessions(session, case.id) if s.grant_id == grant_id)
    _close_others(session, case, grant_id, now)
    attempt = case.details.get("checkout") or {"number": 0}
    same = attempt.get("grant") == grant_id and attempt["number"]
    if not same or now - datetime.fromisoformat(attempt["at"]) > ONE_PRESS:
        attempt = {"number": attempt["number"] + 1, "at": now.isoformat(), "grant": grant_id}
        case.details = {**case.details, "checkout": attempt}
    wanted = _checkout(application, case, scene, grant, token, datetime.fromisoformat(attempt["at"]))
    return Intent(wanted=wanted, key=f"{case.id}:return:{attempt['number']}", known=known)


def _checkout(
    application: ReturnApplication, case: Case, scene: Scene, grant: Grant | None, token: str, at: datetime
) -> Checkout:
    assert scene.way is not None
    assert scene.way.plan.price_id is not None
    here = f"{application.settings.public_url}/return/{token}"
    terms = terms_from_json(grant.terms) if grant is not None else None
    discounted = grant is not None and terms is not None and terms.means is Means.COUPON
    lasts = at + PAGE_LASTS
    return Checkout(
        customer_id=case.customer_id,
        price_id=scene.way.plan.price_id,
        case_id=case.id,
        back_url=f"{here}?session={SESSION}",
        cancel_url=here,
        expires_at=max(min(lasts, grant.expires_at), at + SHORTEST_PAGE) if grant is not None else lasts,
        quantity=scene.way.plan.quantity or 1,
        coupon=coupon_of(grant.id, terms) if discounted and grant is not None and terms is not None else None,
        grant_id=grant.id if grant is not None else None,
    )


def _close_others(session: Session, case: Case, grant_id: str | None, now: datetime) -> None:
    """A page on other terms must not stay open beside the new one."""
    for row in repository.open_sessions(session, case.id):
        if row.grant_id != grant_id:
            queue_action(
                session,
                key=f"{row.id}:expire",
                name=EXPIRE_CHECKOUT,
                customer_id=case.customer_id,
                case_id=case.id,
                params={"session": row.id},
                own_wish=True,
                now=now,
            )


def open_page(application: ReturnApplication, subject: LinkSubject, intent: Intent, wanted: Checkout) -> str:
    """The page that is open already, or a fresh one, which is remembered."""
    returns = application.returns
    if returns is None:
        raise NotConfigured("no provider key is set")
    page: ProviderPage | None = None
    for session_id in intent.known:
        page = page or returns.open_page(session_id)
    if page is None:
        page = returns.start_checkout(wanted, intent.key)
    if not may_go_to(page.url, application.settings.public_url):
        raise ProviderError("the provider named a page that is no web address", permanent=True)
    with application.db.write() as session:
        case, _ = case_of(session, subject, lock=True)
        grant = grants.get(session, wanted.grant_id)
        service.remember_session(session, page.session_id, case, grant, application.clock())
    return page.url
