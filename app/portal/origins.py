"""Where a form may come from and lead to. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.origins import origin_of as origin_of

# The provider's hosted pages. Chromium applies `form-action` to every redirect that follows a form, so
# the page with the button must name where the button ends up.
PROVIDER_ORIGINS = ("https://checkout.stripe.com", "https://invoice.stripe.com", "https://billing.stripe.com")


def may_go_to(url: str | None, public_url: str) -> bool:
    """Whether a customer may be sent there: https, or plain http where we are on plain http ourselves."""
    origin = origin_of(url)
    if origin is None:
        return False
    return origin.startswith("https://") or public_url.startswith("http://")


def form_targets(stand_in: str | None, invoice_urls: Iterable[str | None], public_url: str) -> list[str]:
    """Origins for `form-action`: the provider's, a stand-in's, and the merchant's own domain at the
    provider, which only the addresses of its invoices tell us."""
    urls = [stand_in, *invoice_urls]
    more = {origin_of(url) or "" for url in urls if may_go_to(url, public_url)}
    return [*PROVIDER_ORIGINS, *sorted(more - set(PROVIDER_ORIGINS))]


def is_our_form(*, origin: str | None, fetch_site: str | None, host: str | None, public_url: str) -> bool:
    """Whether a POST comes from our own page, as far as its headers tell; absent headers tell nothing.

    `Origin: null` is what browsers send from a page with `Referrer-Policy: no-referrer`, as ours are.
    Those that send no Sec-Fetch-Site with it are old; the secret is the token, so they are let through.
    """
    if fetch_site is not None and fetch_site != "same-origin":
        return False
    if origin is None or origin == "null":
        return True
    named = origin_of(origin)
    return named is not None and (
        named == origin_of(public_url) or named.partition("://")[2] == (host or "").lower()
    )
