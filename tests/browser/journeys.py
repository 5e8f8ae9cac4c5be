"""Every kind of page that a customer can come to, one after the other, for whoever wants to look at each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.billing.models import Invoice
from app.cancellation.rules.presets import PRESETS, OfferPlace
from app.cases.models import Case
from app.core.links import LinkPurpose, LinkSubject
from app.dunning.models import DunningInvoice
from app.outbox.models import Mail
from tests.browser.shop import BEGIN, Shop
from tests.browser.walker import Walker

if TYPE_CHECKING:
    from playwright.sync_api import Page
