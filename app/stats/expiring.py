"""What a plain rule would have sent and what went out, with the reason for each notice that was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.expiring.models import NOTICE
from app.expiring.states import LeftOut, NoticeResult
from app.stats.expiring_raw import NOTICES
from app.stats.mail_raw import MAILS
from app.stats.rollups.reading import read
from app.stats.rules import Window

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


def report(session: Session, window: Window) -> Report:
    """Plain notices of these days, and the mails that left, or may have left, in that time."""
    mails = read(session, MAILS, (), window, {"name": NOTICE})
    found = Report(went_out=sum(f.sent + f.unknown for f in mails.values()))
    for (result, reason), figures in read(session, NOTICES, ("result", "reason"), window).items():
        found.plain += figures.notices
        match NoticeResult(result):
            case NoticeResult.SENT:
                found.sent += figures.notices
            case NoticeResult.PENDING:
                found.pending += figures.notices
            case NoticeResult.LEFT_OUT:
                found.left_out[LeftOut(reason)] += figures.notices
    return found
