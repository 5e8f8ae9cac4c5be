"""The next renewal by the provider's own preview."""

from __future__ import annotations

import stripe

from app.integrations.stripe.contracts.live import LiveContracts, without_end
from app.integrations.stripe.objects.contract import bears_coupon
from app.integrations.stripe.objects.preview import read_preview
from app.integrations.stripe.read_values import Json
from app.offers.rules.contract import CouponTerms, Preview

NOT_FOUND = 404
NOTHING_UPCOMING = "invoice_upcoming_none"


def preview(
    contracts: LiveContracts, subscription_id: str, coupon: CouponTerms | None = None
) -> Preview | None:
    """None for a subscription that is gone, has ended, or will before its renewal.

    A coupon is previewed as if a scheduled end were taken back, as adding it does that.
    """
    live = contracts.find(subscription_id)
    if live is None or live.contract.has_ended:
        return None
    params: stripe.params.InvoiceCreatePreviewParams = {"subscription": subscription_id}
    cleared = without_end(live)
    if coupon is not None and cleared:
        params["subscription_details"] = _details(cleared)
    obj = _previewed(contracts, params)
    if obj is None:
        return None
    known = coupon is None or bears_coupon(live.obj, coupon.coupon_id)
    return read_preview(obj, None if known else coupon)


def _details(
    cleared: stripe.params.SubscriptionUpdateParams,
) -> stripe.params.InvoiceCreatePreviewParamsSubscriptionDetails:
    if "cancel_at" in cleared:
        return {"cancel_at": ""}
    return {"cancel_at_period_end": False}


def _previewed(contracts: LiveContracts, params: stripe.params.InvoiceCreatePreviewParams) -> Json | None:
    with contracts.connection.call():
        try:
            return contracts.v1.invoices.create_preview(params).to_dict(for_json=True)
        except stripe.InvalidRequestError as error:
            if error.code == NOTHING_UPCOMING or error.http_status == NOT_FOUND:
                return None
            raise
