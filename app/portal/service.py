"""The card page's two acts: find the case that a token is about, and send the customer to pay."""

from __future__ import annotations

from dataclasses import dataclass

from app.billing.ports import ProviderPages
from app.cases import repository as case_rows
from app.cases.card_sessions import remember_session
from app.cases.models import CardSession
from app.cases.states import CaseKind
from app.core.errors import LinkInvalid, NotConfigured, ProviderError
from app.core.links import LinkPurpose
from app.portal.expiring import ExpiringCase, expiring_case, handed_over_to
from app.portal.origins import may_go_to
from app.portal.ports import PortalApplication
from app.portal.repository import CardCase, card_case
from app.portal.rules import Verdict

RETURN_PLACEHOLDER = "{SESSION}"


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the customer goes next; None: the provider has nothing left to pay there."""

    url: str | None


def open_card_link(
    application: PortalApplication, token: str, *, returned_from: str | None
) -> CardCase | ExpiringCase:
    """The case a token is about; raises LinkExpired, or LinkInvalid for any other fault.

    A link of a notice whose card has expired leads to the late payment that followed.
    """
    subject = application.links.read(LinkPurpose.CARD, token)
    with application.db.read() as session:
        case = case_rows.get(session, subject.subject_id)
        if case is None or (case.customer_id, case.link_epoch) != (subject.customer_id, subject.epoch):
            raise LinkInvalid("this link is not one of ours")
        if case.kind == CaseKind.EXPIRING_CARD:
            late = handed_over_to(session, case)
            if late is None:
                zone = application.setup.terms.default_zone
                return expiring_case(session, case, default_zone=zone, returned_from=returned_from)
            case = late
        found = card_case(session, case.id, returned_from=returned_from)
    if found is None:
        raise LinkInvalid("this link is not one of ours")
    return found


def go_and_save(application: PortalApplication, found: ExpiringCase, token: str) -> Onward:
    """A fresh page of the provider that saves a card and charges nothing; raises as `go_and_pay`."""
    if application.pages is None:
        raise NotConfigured("no provider key is set")
    url = _new_card_page(application, application.pages, found, found.currency, token)
    if not may_go_to(url, application.settings.public_url):
        raise ProviderError("the provider named a page that is no web address", permanent=True)
    return Onward(url)


def go_and_pay(application: PortalApplication, found: CardCase, verdict: Verdict, token: str) -> Onward:
    """A fresh page of the provider for what the verdict's button is about.

    Raises ProviderError, or NotConfigured where there is neither a provider nor an address from it.
    No transaction is open while the provider is asked; asking twice gives two pages, and one charge at most.
    """
    target = verdict.target
    if target is None:
        return Onward(None)
    pages = application.pages
    public_url = application.settings.public_url
    if pages is None:
        if target.hosted_url is None or not may_go_to(target.hosted_url, public_url):
            raise NotConfigured("no provider key is set and the invoice has no page of its own")
        return Onward(target.hosted_url)
    if verdict.remedy.is_paid_on_invoice_page:
        url = pages.invoice_page(target.id)
    else:
        url = _new_card_page(application, pages, found, target.currency, token)
    if url is not None and not may_go_to(url, public_url):
        raise ProviderError("the provider named a page that is no web address", permanent=True)
    return Onward(url)


def _new_card_page(
    application: PortalApplication,
    pages: ProviderPages,
    found: CardCase | ExpiringCase,
    currency: str,
    token: str,
) -> str:
    page = pages.card_session(
        customer_id=found.customer_id,
        currency=currency,
        return_url=f"{application.settings.public_url}/card/{token}?session={RETURN_PLACEHOLDER}",
        case_id=found.case_id,
    )
    now = application.clock()
    with application.db.write() as session:
        if session.get(CardSession, page.session_id) is None:
            remember_session(
                session, page.session_id, case_id=found.case_id, customer_id=found.customer_id, now=now
            )
    return page.url
