"""What came of a run, one array element a failure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Ints

BY_RETRY, BY_MAIL, BY_THEMSELVES = 1, 2, 3


@dataclass(frozen=True)
class Ledger:
    """`paid_on` and `cancelled_on` are days after the failure, -1 for never; `paid_by` is one of BY_*."""

    amount_minor: Ints
    paid_on: Ints
    paid_by: Ints
    cancelled_on: Ints
    mails: Ints
    attempts: Ints
    unsubscribed: Bools
    complained: Bools

    @property
    def paid(self) -> Bools:
        return self.paid_on >= 0

    @property
    def cancelled(self) -> Bools:
        return self.cancelled_on >= 0

    @property
    def value_minor(self) -> Ints:
        """What was collected of each, 0 if nothing."""
        return np.where(self.paid, self.amount_minor, 0)

    @property
    def share_recovered(self) -> float:
        """Money collected of the money that failed."""
        return float(self.value_minor.sum() / self.amount_minor.sum())

    @property
    def mails_per_recovery(self) -> float:
        return float(self.mails.sum() / max(1, self.paid.sum()))

    @property
    def share_cancelled(self) -> float:
        """Of the customers, who cancelled while the payment was late."""
        return float(self.cancelled.mean())

    def mixed(self, other: Ledger, theirs: Bools) -> Ledger:
        """This ledger, with the rows of `theirs` taken from the other one: customers do not meet."""
        both = {name: np.where(theirs, getattr(other, name), getattr(self, name)) for name in _COLUMNS}
        return Ledger(**both)


_COLUMNS = tuple(Ledger.__dataclass_fields__)
