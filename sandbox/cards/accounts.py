"""The official test bank accounts: IBANs and US account numbers, how their debits end and when.

The plain account of each kind settles after the days that the billing policy says, as real debits do; the other
test accounts end at once or after three minutes, as in the provider's test mode. Names are the endings of
`pm_sepaDebit_…` and `pm_usBankAccount_…` ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clock import DAY
from sandbox.state import Obj, State

DEBITS = ("sepa_debit", "us_bank_account")
DELAY_SECONDS = 180
PLAIN = {"sepa_debit": "DE89370400440532013000", "us_bank_account": "000123456789"}


@dataclass(frozen=True)
class AccountFacts:
    """`settles` is `policy`, `at_once`, `delayed` or `never`; `failure` is the failure code, None for success."""

    number: str
    names: tuple[str, ...] = ()
    failure: str | None = None
    settles: str = "at_once"
    dispute: str | None = None


def _sepa(country: str, numbers: str) -> tuple[AccountFacts, ...]:
    """A country's accounts in the order success, late success, failure, late failure, dispute, two limits, funds."""
    ends = (
        ("success", None, "at_once", None),
        ("successDelayed", None, "delayed", None),
        ("failed", "generic_could_not_process", "at_once", None),
        ("failedDelayed", "generic_could_not_process", "delayed", None),
        ("disputed", None, "at_once", "debit_not_authorized"),
        ("exceedsWeeklyVolumeLimit", "charge_exceeds_source_limit", "at_once", None),
        ("exceedsWeeklyTransactionLimit", "charge_exceeds_weekly_limit", "at_once", None),
        ("insufficientFunds", "insufficient_funds", "at_once", None),
    )
    return tuple(
        AccountFacts(number, (f"{name}_{country}",), failure, settles, dispute)
        for number, (name, failure, settles, dispute) in zip(numbers.split(), ends, strict=True)
        if number not in PLAIN.values()
    )


ACCOUNTS = (
    AccountFacts(PLAIN["sepa_debit"], ("", "success", "success_de"), settles="policy"),
    AccountFacts(PLAIN["us_bank_account"], ("", "success"), settles="policy"),
    *_sepa("at", "AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205"
                 " AT591904300235473203 AT981904300000343434 AT601904300000121212 AT981904300002222227"),
    *_sepa("be", "BE62510007547061 BE78510007547064 BE68539007547034 BE51510007547065 BE08510007547063"
                 " BE90510000343434 BE52510000121212 BE90510002222227"),
    *_sepa("de", "DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 DE78370400440532013004"
                 " DE35370400440532013002 DE65370400440000343434 DE27370400440000121212 DE65370400440002222227"),
    *_sepa("fr", "FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607"
                 " FR7920041010050500013M02600 FR5720041010050500013M02608 FR9720041010050000000343434"
                 " FR5920041010050000000121212 FR9720041010050000002222227"),
    *_sepa("ie", "IE29AIBK93115212345678 IE24AIBK93115212345671 IE02AIBK93115212345679 IE94AIBK93115212345672"
                 " IE51AIBK93115212345670 IE10AIBK93115200343434 IE69AIBK93115200121212 IE10AIBK93115202222227"),
    AccountFacts("IT40S0542811101000000123456", ("success_it",)),
    AccountFacts("IT60X0542811101000000123456", ("failed_it",), "generic_could_not_process"),
    AccountFacts("000111111113", ("accountClosed",), "account_closed"),
    AccountFacts("000111111116", ("noAccount",), "no_account"),
    AccountFacts("000222222227", ("insufficientFunds",), "insufficient_funds"),
    AccountFacts("000333333335", ("debitNotAuthorized",), "debit_not_authorized"),
    AccountFacts("000444444440", ("invalidCurrency",), "invalid_currency"),
    AccountFacts("000777777771", ("weeklyLimitExceeded",), "charge_exceeds_weekly_limit"),
    AccountFacts("000000000009", ("processing",), settles="never"),
    AccountFacts("000555555559", ("dispute",), dispute="debit_not_authorized"),
)  # fmt: skip
BY_NUMBER = {account.number: account for account in ACCOUNTS}
KINDS = {"pm_sepaDebit": "sepa_debit", "pm_usBankAccount": "us_bank_account"}


def named_account(name: str) -> tuple[str, str] | None:
    """The type and account number behind a magic id such as `pm_usBankAccount_noAccount`."""
    for prefix, kind in KINDS.items():
        if name.startswith(prefix):
            ending = name.removeprefix(prefix).removeprefix("_")
            for account in ACCOUNTS:
                if ending in account.names and account.number[:1].isalpha() == (kind == "sepa_debit"):
                    return kind, account.number
    return None


def account_facts(state: State, method: Obj) -> AccountFacts:
    """The facts of a debit's account; an unlisted one is a good account that takes its days."""
    number = state.hidden.card_numbers.get(method["id"], "")
    return BY_NUMBER.get(number) or AccountFacts(number, settles="policy")


def settles_at(state: State, method: Obj) -> int | None:
    """When a debit sent now ends; None for the account that never does."""
    match account_facts(state, method).settles:
        case "never":
            return None
        case "at_once":
            return state.now
        case "delayed":
            return state.now + DELAY_SECONDS
        case _:
            policy = state.policy
            sepa = method["type"] == "sepa_debit"
            return state.now + (policy.sepa_settle_days if sepa else policy.ach_settle_days) * DAY
