"""Net revenue kept, the save rate and the year of sixty visitors of the cancel page, against arithmetic by hand.

Everybody paid 29.00 a month, so 87.00 is at risk of each and there is one class: the effect is the plain difference.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.bootstrap import Application
from app.core import gates
from app.core.auth import Scope
from app.core.db import Base, Database
from app.main import create_app
from app.outbox.models import Task
from app.proof import reading
from app.proof.models import Proof
from app.proof.reading import ProofView
from app.proof.tables import as_text
from app.proof.watch import ProofWatch
from tests.ops.conftest import application, bearer, client, signed_in
from tests.ops.seed import add_keys
from tests.proof.people import case_of, customer, invoice, subscription, upgrade, visit
from tests.proof.test_by_hand import sd_of, width
from tests.stats.factories import day

__all__ = ["application"]

DAY = timedelta(days=1)
CLOSED = day("2026-05-02T09:00")
"""January has closed: ninety days after its last instant."""
A_YEAR_ON = day("2027-02-01T09:00")
EVERY_SECOND: dict[str, Any] = {"experiment": "cancellation:2026:0.5:no_offer", "propensity": 0.5}
STAYED = ((10, 2900), (40, 2900), (70, 2900))


def visitor(number: int, *, held_out: bool = False, left: int | None = None, paid: Any = ()) -> list[Base]:
    """Who came in January. `left`: cancelled so many days later; `paid`: days later, and amounts."""
    at, name = day("2026-01-02") + number * timedelta(hours=6), f"c{number}"
    gone: dict[str, Any] = {}
    if left is not None:  # every second one of them still has paid time, and has gone all the same
        when = {"canceled_at": at + left * DAY}
        gone = when | ({"cancel_at": at + 400 * DAY} if number % 2 else {"status": "canceled"})
    came = f"{at:%Y-%m-%dT%H:%M}"
    invoices = [
        invoice(name, i, f"{at + days * DAY:%Y-%m-%dT%H:%M}", amount, billing_reason="subscription_cycle")
        for i, (days, amount) in enumerate(paid)
    ]
    subject: dict[str, Any] = {"subject_id": f"sub_{name}", "category": "too_expensive"}
    case = case_of(name, "cancellation", "no_offer", came, held_out=held_out, **(EVERY_SECOND | subject))
    return [customer(name), subscription(name, **gone), case, visit(name, came), *invoices]


def half_off(number: int) -> list[Base]:
    """Half price for three months: paid on days 10 and 40, and the third of them not before day 100."""
    found = visitor(number, paid=((10, 1450), (40, 1450), (100, 1450)))
    at = day("2026-01-02") + number * timedelta(hours=6)
    grant = upgrade(f"c{number}", 4350)
    grant.kind, grant.applied_at, grant.full_charge_at = "percent_off", at, at + 110 * DAY
    grant.terms = {"price_minor": 2900, "charged_minor": 1450, "saved_minor": 4350}
    return [*found, grant]


def sixty(db: Database) -> None:
    """Thirty in each arm, with even chances."""
    people = [half_off(i) for i in range(10)]
    people += [[*visitor(i, paid=STAYED), upgrade(f"c{i}", 600)] for i in range(10, 15)]
    people += [visitor(i, left=1) for i in range(15, 27)]
    people += [visitor(i, left=91, paid=STAYED) for i in range(27, 30)]
    people += [visitor(i, held_out=True, left=90) for i in range(30, 52)]  # ninety days to the hour
    longer = (*STAYED, (100, 2900), (130, 2900), (366, 2900))
    people += [visitor(i, held_out=True, paid=longer) for i in range(52, 60)]
    refunded = next(row for row in people[10] if getattr(row, "id", "") == "in_c10_0")
    refunded.refunded_minor = 900  # type: ignore[attr-defined]
    with db.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=CLOSED)
        session.add_all(row for rows in people for row in rows)


def look(db: Database, now: Any = CLOSED) -> ProofView:
    ProofWatch(db, lambda: now).run()
    with db.read() as session:
        [view] = reading.latest(session)
    return view


def test_net_revenue_kept_is_received_less_in_kind_less_what_the_control_group_paid(
    database: Database,
) -> None:
    """Received: 10 x 29.00, 5 x 87.00 less 9.00 refunded, 3 x 87.00. In kind: 5 x 6.00. The control group paid 8 x
    87.00, and is of the same size. The discount, 10 x 29.00, is missing from what was received: not taken off."""
    sixty(database)
    view = look(database)
    kept, numbers = view.net_kept, view.numbers
    assert kept is not None
    assert numbers is not None
    received = 10 * 2900 + (5 * 8700 - 900) + 3 * 8700
    assert (kept.parts.received_minor, kept.parts.in_kind_minor) == (received, 5 * 600) == (97_700, 3_000)
    assert kept.control_minor == 8 * 8700 == 69_600
    assert kept.net_minor == 97_700 - 3_000 - 69_600 == 25_100
    assert kept.parts.discount_minor == 10 * 2900
    assert numbers.incremental_minor == kept.net_minor
    assert numbers.collected_minor == 97_700 - 3_000

    m1, m0 = 94_700 / 30, 69_600 / 30
    came = [2900] * 10 + [8700 - 900 - 600] + [8700 - 600] * 4 + [0] * 12 + [8700] * 3
    effects = [m1 - m0 + 2 * (v - m1) for v in came] + [m1 - m0 - 2 * (v - m0) for v in [0] * 22 + [8700] * 8]
    half = sd_of(effects) * width(60) * 30
    assert (numbers.lower_minor, numbers.upper_minor) == (round(25_100 - half), round(25_100 + half))


def test_the_save_rate_net_is_of_all_who_came(database: Database) -> None:
    """12 of 30 treated had cancelled within 90 days, and 22 of 30 held out; three more only after it."""
    sixty(database)
    found = look(database).cancelled
    assert found is not None
    assert (found.treated, found.held_out) == pytest.approx((12 / 30, 22 / 30))
    assert found.save_rate_net == pytest.approx(1 - 12 / 22)


@pytest.mark.same_on_both
def test_a_whole_year_is_told_beside_the_verdict_and_changes_nothing(database: Database) -> None:
    """After a year the third half price has come, 10 x 14.50, and of the held out 2 x 29.00 more of each of 8; what
    came on day 366 is of no year. So the sign has turned, and the verdict is still that of ninety days."""
    sixty(database)
    before = look(database)
    assert before.year is None
    assert look(database, A_YEAR_ON - DAY).year is None  # January was over less than a year ago
    after = look(database, A_YEAR_ON)
    year = after.year
    assert year is not None
    assert (year.closed_through, year.treated, year.held_out) == ("2026-01", 30, 30)
    assert (year.received_minor, year.in_kind_minor, year.discount_minor) == (97_700 + 14_500, 3_000, 43_500)
    assert year.net_kept is not None
    assert year.net_kept.control_minor == 8 * 5 * 2900
    assert year.net_kept.net_minor == year.incremental_minor == 112_200 - 3_000 - 116_000 == -6_800
    assert (after.numbers, after.verdict, after.net_kept) == (before.numbers, before.verdict, before.net_kept)
    with database.read() as session:
        [row] = session.scalars(select(Proof))
        assert (row.look_at, row.looked_at) == (CLOSED, A_YEAR_ON)
        assert list(session.scalars(select(Task.kind))) == []


KEPT = "received $977.00 - in kind $30.00 - would have come anyway $696.00 = $251.00"
SAID = [
    f"Net revenue kept: {KEPT}; discount $290.00, missing from received already",
    "Secondary, no verdict: save rate net 45.5 % (cancelled within 90 days: treated 40.0 %, held out 73.3 %)",
]


def test_the_report_the_api_and_the_page_of_cancellations_say_it(application: Application) -> None:
    db = application.db
    sixty(db)
    view = look(db, A_YEAR_ON)
    lines = as_text([view]).splitlines()
    assert [line for line in lines if line in SAID] == SAID
    [year] = [line for line in lines if "within 365 days" in line]
    assert year.startswith(
        "Secondary, no verdict: within 365 days, through 2026-01: 30 treated, 30 held out; incremental"
    )
    assert "= -$68.00; discount $435.00" in year

    with db.write() as session:
        add_keys(session)
    web, read = client(create_app(application)), bearer(Scope.READ)
    [told] = web.get("/api/stats/proof", headers=read).json()["data"]
    assert (told["net_kept_minor"], told["discount_minor"], told["save_rate_net"]) == (
        25_100,
        29_000,
        0.454545,
    )
    assert (told["year_incremental_minor"], told["verdict"]) == (-6_800, "not_yet")
    text = web.get("/api/stats/proof?format=csv", headers=read).text
    [line] = csv.DictReader(io.StringIO(text))
    assert (line["received_minor"], line["in_kind_minor"], line["save_rate_net"]) == (
        "97700",
        "3000",
        "0.454545",
    )

    browser = signed_in(web, Scope.READ)
    ninety, whole = csv.DictReader(io.StringIO(browser.get("/ops/cancellations.csv?by=proof").text))
    assert (ninety["Net revenue kept (USD)"], ninety["Discount (USD)"]) == ("251.00", "290.00")
    assert (ninety["Save rate net, %"], whole["Save rate net, %"]) == ("45.5", "")
    assert whole["Net revenue kept (USD)"] == "-68.00"
    assert whole["Verdict"] == "secondary, no verdict; through 2026-01"
    page = browser.get("/ops/cancellations").text
    assert "The save rate net is secondary" in page
    assert "$251.00" in page
