"""Every report on one small merchant, against answers that were computed by hand.

The proof has customers of its own: tests/proof/test_by_hand.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.core.db import Database
from app.expiring.states import LeftOut
from app.stats import cancellations, expiring, mail, offers, recovery, renewals, retention, winback
from app.stats.cancellations_rules import CancelBy, CancelFigures, Share
from app.stats.mail import MailBy
from app.stats.mail_rules import MailFigures
from app.stats.offers_rules import OfferBy, OfferFigures
from app.stats.renewals_rules import RenewalBy, RenewalFigures
from app.stats.retention_rules import RetentionBy, RetentionFigures
from app.stats.rules import By, Figures, Rate, Window, mails_per_recovery
from app.stats.waits import waits
from app.stats.waits_rules import WaitFigures
from app.stats.winback_rules import WinbackBy, WinbackFigures
from tests.conftest import emptied
from tests.rollups import agree, keep
from tests.stats.a_merchant import a_merchant
from tests.stats.factories import NOW

pytestmark = pytest.mark.same_on_both

MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))


class InOne(Database):
    """All of it in one transaction, which takes a tenth of the time."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @contextmanager
    def write(self) -> Iterator[Session]:
        yield self.session
        self.session.flush()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One for the whole file, which only reads it."""
    yield from emptied(request)


@pytest.fixture(scope="module")
def merchant(database: Database) -> Database:
    with database.write() as session:
        a_merchant(InOne(session))
    keep(database)
    return database


def test_recovery(merchant: Database) -> None:
    """Late in dollars: p3, p4, p5, lost, 20.00 each. p3 paid before a mail; of p5's payment 5.00 went back."""
    with merchant.read() as session:
        rows = recovery.report(session, By.MONTH, MARCH, now=NOW).rows
    dollars = Figures(
        at_risk_count=4, at_risk_minor=8000, recovered_count=2, recovered_minor=3500, silent_count=1,
        silent_minor=2000, silent_at_risk_minor=2000, open_count=1, open_minor=2000, lost_count=1, lost_minor=2000,
        returned_minor=500,
    )  # fmt: skip
    euros = Figures(at_risk_count=1, at_risk_minor=1000, recovered_count=1, recovered_minor=1000)
    assert {row.currency: row.figures for row in rows} == {"usd": dollars, "eur": euros}
    assert dollars.rate == Rate(3500, 8000)
    assert dollars.rate_after_mail == Rate(1500, 6000)


def test_a_wait_is_told_of_what_was_recovered_and_kept(merchant: Database) -> None:
    """In dollars p3 paid after a day, p5 after six, and 5.00 went back; p4 and lost have no wait. euro took ten."""
    with merchant.read() as session:
        dollars = waits(session, MARCH, "usd")
        euros = dict(waits(session, MARCH, "eur"))
    assert dollars == [
        ("the same day", WaitFigures(0, 0)),
        ("1 to 2 days", WaitFigures(1, 2000)),
        ("3 to 6 days", WaitFigures(1, 1500)),
        ("7 to 13 days", WaitFigures(0, 0)),
        ("14 to 29 days", WaitFigures(0, 0)),
        ("30 days or more", WaitFigures(0, 0)),
    ]
    assert {words: n for words, n in euros.items() if n.count} == {"7 to 13 days": WaitFigures(1, 1000)}


def test_every_notice_of_a_plain_rule_was_sent_or_has_its_reason(merchant: Database) -> None:
    """March: three cards with three plain notices each, of which three went; a fourth mail went before year's charge.
    p8's card ends in June: of its notices one is told later, two are still to come."""
    with merchant.read() as session:
        march = expiring.report(session, MARCH)
        whole = expiring.report(session, Window(date(2026, 3, 1), date(2026, 6, 30)))
    assert (march.plain, march.sent, march.pending, march.went_out) == (9, 3, 0, 4)
    assert march.left_out == {
        LeftOut.WALLET: 3,
        LeftOut.STILL_VALID: 1,
        LeftOut.UPDATED_BY_CUSTOMER: 1,
        LeftOut.UPDATED_BY_UPDATER: 1,
    }
    assert march.lines()[2] == ("left out: a wallet renews it by itself", 3)
    assert (whole.plain, whole.sent, whole.pending, whole.went_out) == (12, 3, 2, 4)
    assert whole.left_out == march.left_out | {LeftOut.TOLD_LATER: 1}


def test_mails(merchant: Database) -> None:
    """Seven about late payments, of which one is in doubt; two of win-back to dear and lost have other days."""
    with merchant.read() as session:
        rows = mail.report(session, MailBy.CAMPAIGN, MARCH, now=NOW).rows
    found = {row.campaign: row.figures for row in rows}
    assert found["dunning"] == MailFigures(sent=6, unknown=1, bounced=1, hard=1, complained=1)
    assert found["dunning"].complaint_share == 1 / 6
    assert mails_per_recovery(found["dunning"].sent, 3) == 2.0  # p3, p5 and euro paid
    assert found["winback"] == MailFigures(sent=1)
    assert found["expiring"] == MailFigures(sent=4)


def test_cancellations_and_offers(merchant: Database) -> None:
    """p2 was saved, p6 decided nothing, dear and moved left; half the price was shown to p2 and dear."""
    with merchant.read() as session:
        [month] = cancellations.report(session, CancelBy.MONTH, MARCH, now=NOW).rows
        reasons = cancellations.report(session, CancelBy.AVOIDABLE, MARCH, now=NOW).rows
        [half] = offers.report(session, OfferBy.OFFER, MARCH, now=NOW).rows
    assert month.figures == CancelFigures(
        cases=4, visits=5, shown=2, accepted=1, saved=1, cancelled=2, abandoned=1
    )
    assert month.figures.save_rate == Share(1, 3)
    assert month.figures.pending(30) == 1
    assert {r.group: r.figures.cases for r in reasons} == {"avoidable": 3, "structural": 1}
    # The one renewal at half the price brought 10.00 and was 10.00 cheaper, which is not taken off again.
    assert half.figures == OfferFigures(
        shown=2, accepted=1, applied=1, declined=1, cost_minor=3000, discount_minor=1000, received_minor=1000
    )
    assert half.figures.net_minor == 1000


def test_retention(merchant: Database) -> None:
    """There on 1 March: p1 to p8, euro, year, dear, moved, lost. Gone on the 31st: dear, moved, lost. new and brief
    join, brief leaves again. Staff and who never paid are nobody."""
    with merchant.read() as session:
        found = retention.report(
            session, RetentionBy.MONTH, Window(date(2026, 2, 1), date(2026, 5, 31)), now=NOW
        )
        cohorts = retention.report(session, RetentionBy.COHORT, now=NOW).cohorts
    months = {row.group: row.figures for row in found.rows}
    assert months == {
        "2026-02": RetentionFigures(at_start=14, voluntary=1, structural=1),  # far died
        "2026-03": RetentionFigures(13, 2, 1, 1, 1, joined=2, joined_still_there=1),
        "2026-04": RetentionFigures(at_start=11, joined=1, joined_still_there=1),  # dear is back
        "2026-05": RetentionFigures(at_start=12, joined=1, joined_still_there=1),  # and lost
    }
    march = months["2026-03"]
    assert (march.retention, march.churn, march.at_end) == (Share(10, 13), Share(3, 13), 11)
    assert (march.from_totals, march.net_change, march.structural_share) == (
        Share(10, 13),
        Share(2, 13),
        Share(1, 2),
    )
    # p1 to p8, euro, dear, moved, lost joined in January: 12, of whom 3 leave in March.
    january = next(c for c in cohorts if c.month == "2026-01")
    assert [s.numerator for s in january.shares] == [12, 12, 9, 9, 9]
    # By the year: year and far a year ago, far is gone.
    assert (found.attrition.churn, found.attrition.structural) == (Share(1, 2), 1)


def test_renewals(merchant: Database) -> None:
    """Due on 10 March: p1 to p8, euro, dear, moved, lost; p4 may still pay, lost did not. dear's and moved's last
    terms are due on 10 April, brief's on the 5th; year's and far's were on 1 February."""
    with merchant.read() as session:
        rows = renewals.report(session, RenewalBy.MONTH, now=NOW).rows
        april = renewals.report(
            session, RenewalBy.REASON, Window(date(2026, 4, 1), date(2026, 4, 30)), now=NOW
        ).rows
    found = {(row.group, row.term): row.figures for row in rows}
    assert found == {
        ("2026-03", "month"): RenewalFigures(renewed=10, pending=1, unpaid=1),
        ("2026-04", "month"): RenewalFigures(cancelled=3),
        ("2026-02", "year"): RenewalFigures(renewed=1, cancelled=1),
    }
    assert found["2026-03", "month"].rate == Share(10, 12)
    assert [(r.group, r.figures.due) for r in april] == [
        ("moved", 1),
        ("no reason told", 1),
        ("too_expensive", 1),
    ]


def test_winback(merchant: Database) -> None:
    """Gone in March: dear (back with the offer), moved, lost (back, never invited), brief (held out)."""
    with merchant.read() as session:
        rows = winback.report(session, WinbackBy.MONTH, now=NOW).rows
    found = {row.group: row.figures for row in rows}
    assert found == {
        "2026-02": WinbackFigures(lapses=1),
        "2026-03": WinbackFigures(
            lapses=4, enrolled=1, held_out=1, mailed=1, clicked=1, by_offer=1, uninvited_returned=1,
            received_minor=1000, kept_30=1,
        ),
    }  # fmt: skip
    march = found["2026-03"]
    assert (march.return_rate, march.held_out_rate, march.kept(30)) == (Share(1, 1), Share(0, 1), Share(1, 1))


def test_every_roll_up_says_what_the_raw_query_says(merchant: Database) -> None:
    agree(merchant)
