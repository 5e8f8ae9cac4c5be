"""The card page's two acts: find the case that a token is about, and send the customer to pay."""

from __future__ import annotations

from dataclasses import dataclass

from app.billing.ports import ProviderPages
from app.billing.states import InvoiceState
from app.core.errors import LinkInvalid, NotConfigured, ProviderError
from app.core.links import LinkPurpose
from app.dunning.charging import remember_session
from app.dunning.models import CardSession
from app.portal.origins import may_go_to
from app.portal.ports import PortalApplication
from app.portal.repository import CardCase, card_case
from app.portal.rules import Verdict

RETURN_PLACEHOLDER = "{SESSION}"


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the customer goes next; None: the provider has nothing left to pay there."""

    url: str | None


def open_card_link(application: PortalApplication, token: str, *, returned_from: str | None) -> CardCase:
    """The case a token is about; raises LinkExpired, or LinkInvalid for any other fault."""
    subject = application.links.read(LinkPurpose.CARD, token)
    with application.db.read() as session:
        found = card_case(session, subject.subject_id, returned_from=returned_from)
    if found is None or (found.customer_id, found.link_epoch) != (subject.customer_id, subject.epoch):
        raise LinkInvalid("this link is not one of ours")
    return found


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
        url = _new_card_page(application, pages, found, target, token)
    if url is not None and not may_go_to(url, public_url):
        raise ProviderError("the provider named a page that is no web address", permanent=True)
    return Onward(url)


def _new_card_page(
    application: PortalApplication, pages: ProviderPages, found: CardCase, target: InvoiceState, token: str
) -> str:
    page = pages.card_session(
        customer_id=found.customer_id,
        currency=target.currency,
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
