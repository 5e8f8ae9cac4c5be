"""Fields that the provider has added since 2020-03-02, and that bodies of that time therefore lack.

Paths are dotted and lead through hashes and lists (`[]`); objects inside objects have entries of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.state import Obj

NEWER: dict[str, tuple[str, ...]] = {
    "charge": ("billing_details.tax_id", "payment_method_details.card.amount_authorized",
               "payment_method_details.card.authorization_code",
               "payment_method_details.card.capture_before",
               "payment_method_details.card.extended_authorization",
               "payment_method_details.card.incremental_authorization",
               "payment_method_details.card.multicapture", "payment_method_details.card.network_token",
               "payment_method_details.card.network_transaction_id", "payment_method_details.card.overcapture",
               "payment_method_details.card.regulated_status"),
    "checkout.session": ("collected_information.business_name", "collected_information.individual_name",
                         "customer_account", "customer_details.business_name",
                         "customer_details.individual_name"),
    "customer": ("customer_account", "invoice_settings.rendering_options", "test_clock"),
    "discount": ("checkout_session", "source"),
    "dispute": ("enhanced_eligibility_types", "evidence.enhanced_evidence",
                "evidence_details.enhanced_eligibility", "evidence_details.submission_method",
                "network_reason_code", "payment_method_details"),
    "invoice": ("amount_overpaid", "amount_shipping", "application", "automatic_tax.disabled_reason",
                "automatic_tax.liability", "automatic_tax.provider", "automatically_finalizes_at",
                "customer_account", "effective_at", "from_invoice", "issuer", "latest_revision", "parent",
                "payment_settings.default_mandate", "rendering", "shipping_cost", "shipping_details",
                "status_details", "subscription_details", "subtotal_excluding_tax", "test_clock",
                "total_excluding_tax", "total_pretax_credit_amounts", "total_taxes"),
    "invoiceitem": ("customer_account", "net_amount", "parent", "pricing", "proration_details",
                    "quantity_decimal", "test_clock"),
    "line_item": ("invoice", "parent", "pretax_credit_amounts", "pricing", "quantity_decimal", "subtotal",
                  "taxes"),
    "payment_intent": ("customer_account", "excluded_payment_method_types",
                       "payment_method_configuration_details"),
    "payment_method": ("allow_redisplay", "billing_details.tax_id", "card.display_brand",
                       "card.regulated_status", "customer_account"),
    "plan": ("meter",),
    "price": ("custom_unit_amount", "recurring.meter"),
    "product": ("default_price", "tax_code"),
    "promotion_code": ("promotion",),
    "setup_intent": ("automatic_payment_methods", "customer_account", "excluded_payment_method_types",
                     "payment_method_configuration_details"),
    "subscription": ("application", "automatic_tax", "billing_cycle_anchor_config", "billing_mode",
                     "billing_schedules", "cancellation_details", "currency", "customer_account", "description",
                     "discounts", "invoice_settings", "managed_payments", "on_behalf_of", "payment_settings",
                     "status_details", "test_clock", "trial_settings"),
    "subscription_schedule": ("billing_mode", "customer_account",
                              "default_settings.invoice_settings.account_tax_ids",
                              "default_settings.invoice_settings.custom_fields",
                              "default_settings.invoice_settings.description",
                              "default_settings.invoice_settings.footer",
                              "default_settings.invoice_settings.issuer", "pause_schedules",
                              "phases[].discounts", "phases[].items[].discounts"),
    "subscription_item": ("billed_until", "current_period_end", "current_period_start", "discounts"),
}  # fmt: skip


def without(obj: Obj, paths: Iterable[str]) -> None:
    """Take fields out of an object, in place; what is not there is no matter.

    >>> body = {"card": {"last4": "4242", "display_brand": "visa"}, "phases": [{"discounts": []}]}
    >>> without(body, ["card.display_brand", "phases[].discounts", "card.wallet.type"]); body
    {'card': {'last4': '4242'}, 'phases': [{}]}
    """
    for path in paths:
        _drop(obj, path)


def _drop(obj: Obj, path: str) -> None:
    step, _, rest = path.partition(".")
    if not rest:
        obj.pop(step, None)
    elif step.endswith("[]"):
        for row in obj.get(step[:-2]) or []:
            _drop(row, rest)
    elif obj.get(step):
        _drop(obj[step], rest)
