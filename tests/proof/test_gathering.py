"""Who is compared, by the arm that was drawn, and what is counted of them: small sets with every answer written out."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.db import Database
from app.proof.gathering import cancellation, dunning, winback
from app.proof.gathering.cash import quarter_minor
from app.proof.rules.units import Observed
from tests.proof.people import (
    add,
    case_of,
    customer,
    failing,
    invoice,
    lapse,
    late,
    logged,
    paid_on,
    subscription,
    upgrade,
    visit,
)
from tests.stats.factories import day


def gathered(db: Database, gathering: Any) -> list[Observed]:
    with db.read() as session:
        found: list[Observed] = gathering.gather(session)
    return found


def told(found: list[Observed]) -> list[tuple[bool, str, int, int]]:
    """Arm, class, at risk and what came, in order of time."""
    return [(o.unit.treated, o.unit.stratum, o.unit.at_risk_minor, o.unit.value_minor) for o in found]


def test_what_came_within_thirty_days_of_the_failure_counts_and_stayed(database: Database) -> None:
    failing(database, "a", due=1000, paid=4)
    failing(database, "b", due=2000, paid=4, returned=500, held_out=True)
    failing(database, "c", due=3000)
    add(
        database,
        case_of("d", "dunning", "minimal", "2026-03-06"),
        late("d", "2026-03-06", 4000, **paid_on("2026-04-05", 4000)),  # thirty days to the hour: too late
        case_of("e", "dunning", "minimal", "2026-03-07"),
        late("e", "2026-03-07", 5000, **paid_on("2026-04-05T23:59", 5000)),
    )
    found = gathered(database, dunning)
    assert told(found) == [
        (True, "soft_funds", 1000, 1000),
        (False, "soft_funds", 2000, 1500),
        (True, "soft_funds", 3000, 0),
        (True, "soft_funds", 4000, 0),
        (True, "soft_funds", 5000, 5000),
    ]
    assert {(o.experiment, o.control, o.currency, o.unit.pi) for o in found} == {
        ("dunning", "minimal", "usd", 0.8)
    }
    assert [o.recovered for o in found] == [True, True, False, False, True]
    assert [o.went_back for o in found] == [False, True, False, False, False]


def test_at_risk_is_what_was_late_at_the_opening(database: Database) -> None:
    """A second invoice that fails a week later is of the same case, and of no arm's doing."""
    add(
        database,
        case_of("a", "dunning", "minimal", "2026-03-05"),
        late("a", "2026-03-05", 1000, **paid_on("2026-03-09", 1000)),
        late("a", "2026-03-05", 700, number=1, **paid_on("2026-03-09", 700)),
        late("a", "2026-03-12", 9000, number=2, **paid_on("2026-03-13", 9000)),
        late("a", "2026-03-05", 300, number=3, currency="eur"),
    )
    assert told(gathered(database, dunning)) == [(True, "soft_funds", 1700, 1700)]


def test_the_class_is_the_one_of_the_first_failure(database: Database) -> None:
    """A new card that is declined changes the case's class, and only who was written to has a new card."""
    failing(database, "a", category="card_data")
    failing(database, "b", category="card_data")
    add(database, logged("a", "dunning", "open", {"class": "soft_generic"}))
    add(database, logged("a", "dunning", "sent", {"class": "hard"}))
    add(
        database,
        case_of("c", "dunning", "minimal", "2026-03-06"),
        late("c", "2026-03-06", 1000, first_after_trial=True),
    )
    assert [o.unit.stratum for o in gathered(database, dunning)] == [
        "soft_generic",
        "card_data",
        "first_after_trial",
    ]


def test_a_customer_counts_once_a_year_and_only_who_could_have_been_in_either_arm(database: Database) -> None:
    failing(database, "a", "2026-03-05")
    again: dict[str, Any] = {"id": "case_a_2", "customer_id": "cus_a"}
    add(
        database,
        case_of("a_2", "dunning", "minimal", "2026-05-05", **again),
        late("a", "2026-05-05", 50, case="_2"),
    )
    next_year: dict[str, Any] = {"id": "case_a_3", "customer_id": "cus_a"}
    add(
        database,
        case_of("a_3", "dunning", "minimal", "2027-01-05", **next_year),
        late("a", "2027-01-05", 60, case="_3"),
    )
    failing(database, "b", experiment="dunning:2026:0", propensity=1.0)  # nobody was held out then
    failing(database, "c", experiment=None, propensity=0.8)  # before there were periods
    failing(database, "d", experiment="dunning:2026:0.5:platform", propensity=0.5, experiment_arm="platform")
    found = gathered(database, dunning)
    assert [(o.unit.at_risk_minor, o.control, o.unit.pi) for o in found] == [
        (1000, "minimal", 0.8),
        (1000, "platform", 0.5),
        (60, "minimal", 0.8),
    ]


def test_who_cancelled_meanwhile_is_seen(database: Database) -> None:
    failing(database, "a", outcome="cancelled", closed_at=day("2026-03-20"))
    failing(database, "b", outcome="cancelled", closed_at=day("2026-05-20"))
    failing(database, "c", outcome="lost", closed_at=day("2026-03-20"), contacts=3)
    found = gathered(database, dunning)
    assert [o.cancelled for o in found] == [True, False, False]
    assert [o.contacts for o in found] == [2, 2, 3]


def leaver(
    db: Database, name: str, opened: str = "2026-03-01", *, held_out: bool = False, **plan: Any
) -> None:
    """Somebody who came to the cancel page."""
    subject: dict[str, Any] = {"subject_id": f"sub_{name}", "category": "too_expensive"}
    case = case_of(name, "cancellation", "no_offer", opened, held_out=held_out, **subject)
    add(db, customer(name), subscription(name, **plan), case, visit(name, opened))


def test_a_visit_counts_what_was_paid_in_ninety_days_whatever_came_of_it(database: Database) -> None:
    leaver(database, "a")
    leaver(database, "b", held_out=True)
    leaver(database, "c", amount=34800, interval="year")
    add(
        database,
        invoice("a", 0, "2026-02-20", 2900),  # before the visit
        invoice("a", 1, "2026-03-05", 2900, refunded_minor=400),
        invoice("a", 2, "2026-05-29", 2900),
        invoice("a", 3, "2026-05-30", 2900),  # ninety days to the hour: too late
        upgrade("a", 600),
        invoice("b", 1, "2026-03-05", 2900, disputed_at=day("2026-03-06"), dispute_status="needs_response"),
        invoice("b", 2, "2026-04-05", 2900),
    )
    assert told(gathered(database, cancellation)) == [
        (True, "month", 8700, 2500 + 2900 - 600),
        (False, "month", 8700, 2900),
        (True, "year", 8700, 0),
    ]


def test_at_risk_is_the_price_of_the_day_of_the_visit(database: Database) -> None:
    """Who accepts a smaller plan would otherwise look as if little had been at risk."""
    leaver(database, "a", amount=900)
    leaver(database, "b", amount=2900)
    add(database, invoice("a", 1, "2026-02-20", 2900, price_id="price_2900"))
    assert [o.unit.at_risk_minor for o in gathered(database, cancellation)] == [8700, 8700]


def test_who_never_saw_the_page_or_has_no_price_is_in_no_arm(database: Database) -> None:
    subject: dict[str, Any] = {"subject_id": "sub_a"}
    add(
        database,
        customer("a"),
        subscription("a"),
        case_of("a", "cancellation", "no_offer", "2026-03-01", **subject),
    )
    leaver(database, "b", interval="fortnight")
    assert gathered(database, cancellation) == []


def gone(db: Database, name: str, opened: str, ends: str, *, held_out: bool = False, **fields: Any) -> None:
    """A lapsed subscriber who was enrolled."""
    subject: dict[str, Any] = {"subject_id": f"sub_{name}", "category": "voluntary"}
    case = case_of(name, "winback", "no_mail", opened, held_out=held_out, **subject)
    add(db, lapse(name, ends, **fields), case)


def test_a_lapse_is_watched_until_ninety_days_after_its_end(database: Database) -> None:
    gone(database, "a", "2026-03-01", "2026-03-10")
    gone(database, "b", "2026-03-02", "2026-03-02", held_out=True)
    gone(database, "c", "2026-03-03", "2026-01-03")  # enrolled late: watched from then on
    add(
        database,
        subscription("new", id="sub_a_new", created_at=day("2026-04-01")),
        subscription("other", id="sub_a_other", created_at=day("2025-01-01")),
        invoice("a", 1, "2026-04-01", 2900, subscription_id="sub_a_new"),
        invoice("a", 2, "2026-06-07", 2900, subscription_id="sub_a_new"),
        invoice(
            "a", 3, "2026-06-08", 2900, subscription_id="sub_a_new"
        ),  # ninety days after the end: too late
        invoice("a", 4, "2026-04-05", 7700, subscription_id="sub_a_other"),  # ran all along
        invoice("b", 1, "2026-03-20", 2900),  # the old debt was paid
        invoice("c", 1, "2026-05-31", 2900),
    )
    found = gathered(database, winback)
    assert told(found) == [
        (True, "voluntary", 8700, 5800),
        (False, "voluntary", 8700, 2900),
        (True, "voluntary", 8700, 2900),
    ]
    assert [o.unit.at for o in found] == [day("2026-03-10"), day("2026-03-02"), day("2026-03-03")]


def test_the_end_is_the_one_that_was_known_at_the_enrolment(database: Database) -> None:
    """Who stays a year and leaves then has a new end, and only who is written to stays."""
    gone(database, "a", "2026-03-01", "2027-03-10")
    add(database, logged("a", "winback", "enrol", {"ends_at": day("2026-03-10").isoformat()}))
    assert [o.unit.at for o in gathered(database, winback)] == [day("2026-03-10")]


@pytest.mark.parametrize(
    ("item", "quarter"),
    [
        ({"amount_minor": 34800, "interval": "year"}, 8700),
        ({"amount_minor": 2900, "interval": "month", "quantity": 2}, 17400),
        ({"amount_minor": 9000, "interval": "month", "interval_count": 6}, 4500),
        ({"amount_minor": 700, "interval": "week"}, 9125),
        ({"amount_minor": None, "interval": "month"}, None),
        ({}, None),
    ],
)
def test_three_months_of_a_price(item: dict[str, Any], quarter: int | None) -> None:
    assert quarter_minor(item) == quarter
