"""What a refused payment means for the campaign: class, words, and who may charge again when.

The table is declines.toml. Signals are asked in this order: the provider's block, advice code, network
advice code, decline code, error code. The first known one decides, with three exceptions, because a
signal that only permits a retry must not undo one that says what has to happen first:

1. A code of class merchant keeps its class: suspected fraud is the operator's, whatever is advised.
2. "Try again later" (advice, or network advice of a soft class) leaves a hard, card_data or action signal
   below it in force: an expired card stays expired. Of two soft signals the more exact class counts.
3. "Confirm the card data" does not soften a masked code or a withdrawn consent.

Limits (`no_charge_days`, `retry_after_hours`, `mail_wait_hours`) are the longest of all signals present.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from app.billing.facts import Decline


class DeclineClass(StrEnum):
    HARD = "hard"  # only another card or account helps
    CARD_DATA = "card_data"  # the stored data must be corrected
    ACTION = "action"  # the customer must confirm this payment
    SOFT_FUNDS = "soft_funds"  # later, when there is money again
    SOFT_GENERIC = "soft_generic"  # later, perhaps; every unknown signal
    TECHNICAL = "technical"  # within hours
    MERCHANT = "merchant"  # no mail, a task for the operator


class MethodKind(StrEnum):
    CARD = "card"
    BANK_DEBIT = "bank_debit"
    PAYPAL = "paypal"
    WALLET = "wallet"  # Link, Apple Pay, Google Pay, Cash App ...
    NONE = "none"  # there was nothing to charge
    UNKNOWN = "unknown"  # nobody told us


BANK_DEBITS = frozenset(
    "acss_debit au_becs_debit bacs_debit bank_account nz_bank_account sepa_debit us_bank_account".split()
)
WALLETS = frozenset(
    "alipay amazon_pay cashapp grabpay kakao_pay link mobilepay naver_pay payco revolut_pay".split()
)

SPOKEN = {
    "outcome": "not sent to the bank:",
    "advice_code": "advice code",
    "network_advice_code": "network advice code",
    "decline_code": "decline code",
    "code": "error code",
    "needs_action": "the bank asks for a confirmation",
    "unknown": "no reason known",
}
FIRM = frozenset((DeclineClass.HARD, DeclineClass.CARD_DATA, DeclineClass.ACTION))
SOFT = frozenset((DeclineClass.SOFT_FUNDS, DeclineClass.SOFT_GENERIC, DeclineClass.TECHNICAL))
NO_PAYMENT_METHOD = "no_payment_method"
CONFIRM = "invoice_payment_intent_requires_action"
KEPT_HARD = frozenset(("mask", "consent_gone", "mandate_lost"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; `kind` and `code` are its address, the rest is explained there."""

    kind: str
    code: str
    decline_class: DeclineClass
    treatment: str
    source: str
    message: str | None = None
    no_charge_days: int = 0
    retry_after_hours: int = 0
    mail_wait_hours: int = 0
    hard_at_provider: bool = False
    alert_operator: bool = False
    borrows_words: bool = False


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a case goes about this decline. `signal` and `code` say what decided, for the timeline."""

    decline_class: DeclineClass
    treatment: str
    message: str | None  # what the customer is told; None: nothing
    method: MethodKind
    signal: str  # a key of SPOKEN
    code: str | None
    source: str
    no_charge_days: int = 0
    retry_after_hours: int = 0
    mail_wait_hours: int = 0
    hard_at_provider: bool = False
    alert_operator: bool = False

    @property
    def why(self) -> str:
        """For the timeline: "decline code expired_card"."""
        if self.signal == "unknown":
            return f"unknown code {self.code}" if self.code else "no reason known"
        return f"{SPOKEN[self.signal]} {self.code}" if self.code else SPOKEN[self.signal]


@dataclass(frozen=True, slots=True)
class Signal:
    """A row together with the field of the decline that named it."""

    field: str
    code: str | None
    row: Row


def _row(kind: str, code: str, values: Mapping[str, Any]) -> Row:
    fields = dict(values)
    words = fields.pop("words", None)
    return Row(kind, code, DeclineClass(fields.pop("class")), borrows_words=words == "borrow", **fields)


def _load() -> dict[str, dict[str, Row]]:
    tables = tomllib.loads(files(__package__).joinpath("declines.toml").read_text("utf-8"))
    return {
        kind: {code: _row(kind, code, row) for code, row in rows.items()} for kind, rows in tables.items()
    }


TABLE: Mapping[str, Mapping[str, Row]] = _load()
"""Rows by kind and code; a code that stands twice in one kind is refused by the TOML parser."""


def method_kind(decline: Decline | None) -> MethodKind:
    """With what the payment was tried; a card inside a wallet counts as the wallet."""
    if decline is None:
        return MethodKind.UNKNOWN
    if decline.code == NO_PAYMENT_METHOD:
        return MethodKind.NONE
    if decline.wallet or decline.method_type in WALLETS:
        return MethodKind.WALLET
    if decline.method_type == "paypal":
        return MethodKind.PAYPAL
    if decline.method_type in BANK_DEBITS:
        return MethodKind.BANK_DEBIT
    if decline.method_type or decline.brand or decline.last4 or decline.payment_method_id:
        return MethodKind.CARD
    return MethodKind.UNKNOWN


def classify(decline: Decline | None, *, needs_action: bool = False) -> Treatment:
    """The treatment of a decline; total, an unknown one is soft_generic.

    `needs_action`: the invoice says that it waits for the customer's confirmation. That outranks a soft or
    unknown decline, not one that asks for another card.
    """
    method = method_kind(decline)
    signals = _signals(decline, method) if decline is not None else []
    decisive = _decisive(signals) if signals else _unknown(decline, method)
    if needs_action and decisive.row.decline_class in SOFT:
        decisive = Signal("needs_action", None, TABLE["error"][CONFIRM])
    return _treatment(decisive, _words(decisive, signals), signals, method)


def _unknown(decline: Decline | None, method: MethodKind) -> Signal:
    """No signal that the table knows; what was paid with still gives the words."""
    named = None if decline is None else decline.decline_code or decline.code
    return Signal("unknown", named, TABLE["method"][method])


def _signals(decline: Decline, method: MethodKind) -> list[Signal]:
    """The known signals, the strongest first."""
    blocked = decline.outcome_type
    if blocked in ("blocked", "invalid"):
        reasons = TABLE["outcome"]
        code = decline.outcome_reason or blocked
        return [Signal("outcome", code, reasons.get(code) or reasons[blocked])]
    codes = ("debit", "decline") if method is MethodKind.BANK_DEBIT else ("decline", "debit")
    asked = (
        ("advice_code", decline.advice_code, ("advice",)),
        ("network_advice_code", decline.network_advice_code, ("network_advice",)),
        ("decline_code", decline.decline_code, (*codes, "error")),
        ("code", decline.code, (*codes, "error")),
    )
    found = [(field, code, _find(code, kinds)) for field, code, kinds in asked if code]
    return [Signal(field, code, row) for field, code, row in found if row is not None]


def _find(code: str, kinds: tuple[str, ...]) -> Row | None:
    return next((row for kind in kinds if (row := TABLE[kind].get(code)) is not None), None)


def _decisive(signals: list[Signal]) -> Signal:
    """The signal that gives the class; see the exceptions at the top of this file."""
    first, rest = signals[0], signals[1:]
    for signal in signals:
        if signal.row.decline_class is DeclineClass.MERCHANT:
            return signal
    if first.field in ("decline_code", "code"):
        return first
    if first.row.decline_class in SOFT:
        exact = (DeclineClass.SOFT_FUNDS, DeclineClass.TECHNICAL)
        firm = next((s for s in rest if s.row.decline_class in FIRM), None)
        more_exact = next((s for s in rest if s.row.decline_class in exact), None)
        return firm or (more_exact if first.row.decline_class is DeclineClass.SOFT_GENERIC else None) or first
    if first.row.decline_class is DeclineClass.CARD_DATA:
        return next((s for s in rest if s.row.treatment in KEPT_HARD), first)
    return first


def _words(decisive: Signal, signals: list[Signal]) -> Row:
    """Whose words are used: an advice without own words borrows those of a hard or card_data code.

    Not those of a soft one, which promise another try, and not those of an action, which ask to confirm
    what the bank has just refused for good.
    """
    if not decisive.row.borrows_words:
        return decisive.row
    lenders = (s.row for s in signals if s is not decisive and not s.row.borrows_words)
    fit = (DeclineClass.HARD, DeclineClass.CARD_DATA)
    return next((row for row in lenders if row.decline_class in fit), decisive.row)


def _treatment(decisive: Signal, words: Row, signals: list[Signal], method: MethodKind) -> Treatment:
    rows = [signal.row for signal in signals] or [decisive.row]
    return Treatment(
        decline_class=decisive.row.decline_class,
        treatment=words.treatment,
        message=words.message,
        method=method,
        signal=decisive.field,
        code=decisive.code,
        source=decisive.row.source,
        no_charge_days=max(row.no_charge_days for row in rows),
        retry_after_hours=max(row.retry_after_hours for row in rows),
        mail_wait_hours=max(row.mail_wait_hours for row in rows),
        hard_at_provider=any(row.hard_at_provider for row in rows),
        alert_operator=any(row.alert_operator for row in rows),
    )
