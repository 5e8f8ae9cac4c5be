"""What a plain rule would have sent and what went out, with the reason for each notice that was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.expiring import repository
from app.expiring.states import LeftOut, NoticeResult

WORDS: dict[LeftOut, str] = {
    LeftOut.SWITCHED_OFF: "no notices for this plan, by configuration",
    LeftOut.CUSTOMER_GONE: "the customer or the card is gone",
    LeftOut.NO_SUBSCRIPTION: "the customer has no subscription",
    LeftOut.NOT_CHARGED: "the provider would charge another card",
    LeftOut.NOT_RENEWING: "the subscription does not renew",
    LeftOut.PAUSED: "its payments are paused",
    LeftOut.BY_INVOICE: "it is paid by invoice",
    LeftOut.FREE: "nothing will be charged",
    LeftOut.NOT_A_CARD: "it is no card",
    LeftOut.WALLET: "a wallet renews it by itself",
    LeftOut.UNREAD: "its dates are not known",
    LeftOut.STILL_VALID: "the next charge falls before the card's end",
    LeftOut.BACKUP: "another card of the customer is good",
    LeftOut.TOLD_LATER: "the charge is far away: told near it",
    LeftOut.TOO_LATE: "found when the stage had passed",
    LeftOut.UPDATED_BY_UPDATER: "the card network had sent new dates",
    LeftOut.UPDATED_BY_CUSTOMER: "the customer had given new dates",
    LeftOut.UPDATED: "the card had new dates by then",
    LeftOut.STOPPED: "the case was closed by hand",
    LeftOut.TOLD: "all had been said about this card",
    LeftOut.SKIPPED: "planned, but not sent; the case says why",
}


@dataclass
class Report:
    """Counts of notices. `plain` = `sent` + `pending` + all of `left_out`; `went_out` counts mails, also those
    before a charge that no plain rule would have told of then."""

    plain: int = 0
    sent: int = 0
    pending: int = 0
    went_out: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def lines(self) -> list[tuple[str, int]]:
        """As a reader wants them: the largest reason first."""
        reasons = [(f"left out: {WORDS[reason]}", n) for reason, n in self.left_out.most_common()]
        told = [
            ("a plain rule of 30, 14 and 3 days would have sent", self.plain),
            ("of these, sent", self.sent),
            *reasons,
            ("still to be decided", self.pending),
            ("notices that went out in all", self.went_out),
        ]
        return [(what, count) for what, count in told if count or what != "still to be decided"]


def report(session: Session, start: datetime, end: datetime) -> Report:
    """Plain notices whose day lies from `start` until before `end`, and the mails that left in that time."""
    found = Report(went_out=repository.notices_sent(session, start, end))
    for row in repository.totals(session, start, end):
        result, reason, count = row.result, row.reason, row.notices
        found.plain += count
        match NoticeResult(result):
            case NoticeResult.SENT:
                found.sent += count
            case NoticeResult.PENDING:
                found.pending += count
            case NoticeResult.LEFT_OUT:
                found.left_out[LeftOut(reason or LeftOut.SKIPPED)] += count
    return found
