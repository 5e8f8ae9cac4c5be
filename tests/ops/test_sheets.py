"""The parts of the dashboard that need no rows: tables as CSV, plots, and what a page is filtered by."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from app.core.errors import InvalidInput
from app.core.money import Money
from app.ops.charts import Chart, Series, Shape, Tone, Unit
from app.ops.period import View, at_least, every_month, months_between
from app.ops.plots import SVG, PlotSize, draw, even_ticks, frame_of, month_labels
from app.ops.sheets import Cell, Column, Line, Sheet, csv_of, heat, meanings, parts, shown
from app.stats.cancellations_rules import Share
from app.stats.rules import EARLIEST, LATEST, Rate, Window

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def sheet(*cells: Cell, head: str = "hard") -> Sheet:
    columns = tuple(Column(head=f"c{place}") for place in range(len(cells)))
    return Sheet("By class", "Class", columns, [Line(head, cells)])


def test_a_csv_has_amounts_in_major_units_and_the_currency_in_the_headline() -> None:
    table = sheet(3, Money(452005, "usd"), Money(500, "jpy"), Rate(1, 3), None)
    assert csv_of(table) == "Class,c0,c1 (USD),c2 (JPY),c3,c4\r\nhard,3,4520.05,500,0.333333,\r\n"


def test_a_share_is_two_columns_also_where_it_is_not_known() -> None:
    columns = (Column(head="Kept"),)
    table = Sheet("x", "Month", columns, [Line("2026-02", (None,)), Line("2026-01", (Share(3, 4),))])
    assert csv_of(table) == 'Month,Kept,"Kept, of"\r\n2026-02,,\r\n2026-01,3,4\r\n'


@pytest.mark.parametrize("word", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_words_of_strangers_are_no_formula_in_a_spreadsheet(word: str) -> None:
    assert csv_of(sheet(word, head=word)).split("\r\n")[1] == f"'{word},'{word}"


def test_a_csv_without_rows_has_its_headline() -> None:
    assert csv_of(Sheet("x", "Month", (Column("recovery.at_risk"),), [])) == "Month,At risk\r\n"


def test_cells_read_as_people_write_them() -> None:
    cells: list[Cell] = [None, 12345, 3.14, Money(2900, "usd"), Rate(1, 4), Share(0, 0), Share(3, 4), "word"]
    assert [shown(c) for c in cells] == ["–", "12,345", "3.1", "$29.00", "25.0 %", "–", "75.0 %", "word"]
    assert [parts(c) for c in cells] == ["", "", "", "", "", "", "3/4", ""]


def test_the_more_are_still_there_the_darker_is_the_cell() -> None:
    assert [heat(Share(n, 100)) for n in (0, 4, 5, 44, 96, 100)] == [
        f"heat-{n}" for n in (0, 0, 0, 4, 10, 10)
    ]
    assert heat(Share(0, 0)) == heat(None) == heat(7) == ""


def test_every_definition_stands_once() -> None:
    found = meanings(
        [Sheet("x", "y", (Column("recovery.rate"), Column("recovery.at_risk")), [])], ["recovery.rate"]
    )
    assert [d.name for d in found] == ["recovery.rate", "recovery.at_risk"]


def test_named_months_win_over_a_number_of_months() -> None:
    view = View(months=3, first="2026-02", last="2026-04")
    assert view.window(NOW) == Window(date(2026, 2, 1), date(2026, 4, 30))
    assert View(first="2026-02").window(NOW) == Window(date(2026, 2, 1), LATEST)
    assert View(last="2024-02").window(NOW) == Window(EARLIEST, date(2024, 2, 29))
    assert View(months=2).window(NOW) == Window(date(2026, 10, 1), date(2026, 11, 20))
    assert View(months=0).window(NOW) == Window()
    with pytest.raises(InvalidInput):
        View(first="2026-05", last="2026-04").window(NOW)


def test_another_number_of_months_forgets_the_named_ones_and_nothing_else() -> None:
    view = View(first="2026-02", last="2026-04", currency="eur", plan="a&b")
    assert view.link() == "?from=2026-02&to=2026-04&currency=eur&plan=a%26b"
    assert view.link(months=6) == "?currency=eur&plan=a%26b&months=6"
    assert View().link() == ""


def test_a_line_of_one_month_is_drawn_over_twelve() -> None:
    assert at_least(View(months=1), 12).months == 12
    assert at_least(View(months=24), 12).months == 24
    assert at_least(View(months=0), 12).months == 0
    named = View(first="2026-02", last="2026-02", months=1)
    assert at_least(named, 12) == named


def test_months_without_rows_are_between_the_others() -> None:
    assert months_between("2025-11", "2026-01") == ["2025-11", "2025-12", "2026-01"]
    found = every_month([("2026-03", 1), ("2026-01", 2)], lambda row: row[0], lambda month: (month, 0))
    assert found == [("2026-01", 2), ("2026-02", 0), ("2026-03", 1)]
    assert every_month([], lambda row: str(row), lambda month: month) == []


@pytest.mark.parametrize(
    ("least", "largest", "most", "ticks"),
    [
        (0, 316, None, [0, 100, 200, 300, 400]),
        (0, 0, None, [0, 0.25]),
        (-455, 5114, None, [-2000, 0, 2000, 4000, 6000]),
        (0, 96, 100, [0, 25, 50, 75, 100]),
    ],
)
def test_the_axis_has_round_steps_around_zero_and_both_ends(
    least: float, largest: float, most: float | None, ticks: list[float]
) -> None:
    assert even_ticks(least, largest, most) == ticks


def test_counts_have_whole_steps() -> None:
    assert even_ticks(0, 2, whole=True) == [0, 1, 2]
    assert even_ticks(0, 9, whole=True) == [0, 5, 10]
    assert even_ticks(0, 90, whole=True) == [0, 25, 50, 75, 100]


def test_a_plot_of_zeros_is_not_shown() -> None:
    assert Chart(Shape.BARS, ("a",), (Series("x", (0.0,)), Series("y", (None,))), "x").blank
    assert not Chart(Shape.BARS, ("a",), (Series("x", (1.0,)),), "x").blank


def test_labels_of_many_months_are_thinned_out() -> None:
    months = months_between("2025-01", "2026-12")
    assert month_labels(months[:3], 12) == ["Jan", "Feb", "Mar"]
    assert month_labels(months, 6)[:5] == ["Jan 25", "", "", "", "May 25"]


def chart(shape: Shape, **more: object) -> Chart:
    series = (
        Series("Collected", (1.0, None), low=(0.5, None), high=(2.0, None), at=(0.0, 30.0)),
        Series("Lost", (3.0, 4.0), Tone.BAD, low=(1.0, 1.0), high=(5.0, 5.0), at=(0.0, 9.0)),
    )
    return Chart(shape, ("2026-01", "2026-02"), series, "x", Unit.COUNT, at=(0.0, 60.0), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_is_a_drawing_in_both_sizes(shape: Shape) -> None:
    for size in PlotSize:
        tree = ElementTree.fromstring(draw(chart(shape), size))
        frame = frame_of(chart(shape), size)
        assert tree.get("viewBox") == f"0 0 {frame.width} {frame.height}"


@pytest.mark.parametrize("shape", list(Shape))
def test_nothing_to_draw_is_a_drawing_too(shape: Shape) -> None:
    ElementTree.fromstring(draw(Chart(shape, (), (), "x")))
    ElementTree.fromstring(draw(Chart(shape, (), (Series("Collected", ()),), "x")))


def test_a_tone_is_the_same_in_every_plot_whatever_its_place() -> None:
    text = draw(chart(Shape.STACKED)).decode()
    assert "color-" not in text.split("</style>")[1]
    assert "serie-1 bad" in text
    assert 'id="pale"' in text


def test_a_survival_line_holds_until_it_falls_and_goes_no_further_than_the_axis() -> None:
    series = (Series("Treated", (100.0, 80.0, 50.0), at=(0.0, 10.0, 90.0)),)
    text = draw(Chart(Shape.STEPS, ("60",), series, "x", Unit.PERCENT, at=(60.0,))).decode()
    drawn = ElementTree.fromstring(text).iter(f"{{{SVG}}}path")
    line = next(path.get("d", "") for path in drawn if "nofill" in path.get("class", ""))
    numbers = [float(number) for number in re.findall(r"[\d.]+", line)]
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(corners) == 4  # at the start, at the tenth day twice, at the end of the axis
    assert corners[0][1] == corners[1][1]
    assert corners[1][0] == corners[2][0]
    assert corners[2][1] == corners[3][1]
