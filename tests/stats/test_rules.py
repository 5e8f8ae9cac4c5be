from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.stats.rules import (
    Figures,
    LateInvoice,
    Rate,
    Standing,
    Window,
    figures_of,
    kept_minor,
    month_closed,
    standing,
    step,
)

AT = datetime(2026, 3, 5, tzinfo=UTC)
DAY = timedelta(days=1)

late_invoices = st.builds(
    LateInvoice,
    at_risk_minor=st.integers(1, 10_000),
    paid_minor=st.integers(0, 10_000),
    returned_minor=st.integers(0, 10_000),
    result=st.sampled_from([None, "paid", "lost", "cancelled", "voided", "written_off", "disputed"]),
    paid_at=st.sampled_from([None, AT, AT + DAY]),
    settled_at=st.sampled_from([None, AT]),
    case_closed=st.booleans(),
    first_contact_at=st.sampled_from([None, AT, AT + DAY]),
    contacts=st.integers(0, 4),
)


def test_a_refund_takes_its_part_out_of_recovered() -> None:
    invoice = LateInvoice(2900, paid_minor=2900, returned_minor=900, result="paid", paid_at=AT)
    assert kept_minor(invoice) == 2000
    assert figures_of(invoice).recovered_minor == 2000
    assert figures_of(invoice).returned_minor == 900


def test_an_invoice_returned_whole_is_not_recovered() -> None:
    invoice = LateInvoice(2900, paid_minor=2900, returned_minor=2900, result="paid", paid_at=AT)
    assert standing(invoice) == Standing.RETURNED
    assert figures_of(invoice).recovered_count == 0


def test_money_after_the_case_was_lost_is_late_and_not_recovered() -> None:
    invoice = LateInvoice(2900, paid_minor=2900, result="lost", paid_at=AT, case_closed=True)
    assert standing(invoice) == Standing.LATE
    figures = figures_of(invoice)
    assert (figures.late_minor, figures.recovered_minor, figures.lost_minor) == (2900, 0, 0)


def test_a_case_stopped_by_hand_is_neither_open_nor_lost() -> None:
    assert standing(LateInvoice(2900, case_closed=True)) == Standing.ENDED


def test_a_payment_before_the_first_mail_is_silent() -> None:
    paid = {"at_risk_minor": 100, "paid_minor": 100, "result": "paid", "contacts": 2}
    before = LateInvoice(**paid, paid_at=AT, first_contact_at=AT + DAY)  # type: ignore[arg-type]
    after = LateInvoice(**paid, paid_at=AT + DAY, first_contact_at=AT)  # type: ignore[arg-type]
    assert (figures_of(before).silent_minor, step(before)) == (100, 0)
    assert (figures_of(after).silent_minor, step(after)) == (0, 2)


def test_the_rate_without_silent_retries_leaves_them_out_above_and_below() -> None:
    figures = Figures(
        at_risk_minor=10_000, recovered_minor=6_000, silent_minor=2_000, silent_at_risk_minor=2_500
    )
    assert figures.rate == Rate(6_000, 10_000)
    assert figures.rate_after_mail == Rate(4_000, 7_500)


def test_a_rate_of_nothing_is_not_zero_but_unknown() -> None:
    assert Rate(0, 0).value is None


@given(late_invoices)
def test_every_late_invoice_stands_in_exactly_one_place(invoice: LateInvoice) -> None:
    f = figures_of(invoice)
    places = (f.recovered_count, f.returned_count, f.open_count, f.late_count, f.lost_count, f.ended_count)
    assert sum(places) == f.at_risk_count == 1


@given(late_invoices)
def test_silent_money_is_a_part_of_recovered_money(invoice: LateInvoice) -> None:
    figures = figures_of(invoice)
    assert 0 <= figures.silent_minor <= figures.recovered_minor


@pytest.mark.parametrize(("now", "closed"), [("2026-03-01T23:59", False), ("2026-03-02T00:00", True)])
def test_a_month_settles_thirty_days_after_its_last_day(now: str, closed: bool) -> None:
    assert month_closed("2026-01", datetime.fromisoformat(now).replace(tzinfo=UTC)) is closed


def test_december_settles_in_the_next_year() -> None:
    assert month_closed("2025-12", datetime(2026, 1, 30, tzinfo=UTC))
    assert not month_closed("2025-12", datetime(2026, 1, 29, tzinfo=UTC))


def test_a_window_holds_its_last_day() -> None:
    window = Window(date(2026, 1, 1), date(2026, 1, 31))
    assert window.ends_at == datetime(2026, 2, 1, tzinfo=UTC)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"from .* must not be later than to"):
        Window(date(2026, 2, 1), date(2026, 1, 31))
