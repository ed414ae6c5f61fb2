"""Temporal values against Python's dates, and against their own texts and differences."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.reasoning.query.temporal import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    TimeZone,
    duration_between,
    make_date,
    make_date_time,
    make_duration,
    moment,
    read_date,
    read_date_time,
    read_duration,
    read_local_date_time,
    read_local_time,
    read_time,
    seconds_between,
    truncate_date,
)
from focusmesh.engine.reasoning.query.values import EvaluationError

EPOCH = date(1970, 1, 1)
if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.values import TemporalValue

DATES = st.dates()
NANOS = st.integers(0, 86_399_999_999_999)
LOCAL = st.builds(LocalDateTime, st.integers(-800_000, 800_000), NANOS)
ZONES = ["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
READERS: list[Callable[[str], TemporalValue]] = [
    *(read_date, read_local_time, read_local_date_time, read_duration),
    lambda text: read_time(text, TimeZone()),
    lambda text: read_date_time(text, TimeZone()),
]


@given(DATES)
def test_days_are_those_of_python(day: date) -> None:
    value = Date((day - EPOCH).days)
    year, week, weekday = day.isocalendar()
    assert str(value) == day.isoformat()
    assert [value.component(each) for each in ("year", "month", "day", "ordinalDay")] == [
        *(day.year, day.month, day.day, day.timetuple().tm_yday)
    ]
    assert [value.component(each) for each in ("weekYear", "week", "weekDay")] == [
        *(year, week, weekday)
    ]
    quarter = (day.month + 2) // 3
    first = date(day.year, 3 * quarter - 2, 1)
    assert value.component("quarter") == quarter
    assert value.component("dayOfQuarter") == (day - first).days + 1
    assert truncate_date("quarter", value, {}) == Date((first - EPOCH).days)


@given(st.integers(-(10**9) + 1, 10**9 - 1), st.integers(1, 12), st.integers(1, 28))
def test_years_without_end(year: int, month: int, day: int) -> None:
    value = make_date({"year": year, "month": month, "day": day})
    assert [value.component(each) for each in ("year", "month", "day")] == [year, month, day]
    assert read_date(str(value)) == value
    parts = {"year": "weekYear", "week": "week", "dayOfWeek": "weekDay"}
    by_week: dict[str, Any] = {key: value.component(name) for key, name in parts.items()}
    if abs(by_week["year"]) < 10**9:
        assert make_date(by_week) == value
    assert make_date({"year": year, "ordinalDay": value.component("ordinalDay")}) == value


@given(
    st.datetimes(datetime(1880, 1, 1), datetime(2200, 1, 1)), st.sampled_from(ZONES), st.integers(0)
)
def test_zones_are_those_of_python(at: datetime, zone: str, nanos: int) -> None:
    rest = nanos % 1_000
    there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    offset = there.utcoffset() or timedelta()
    elapsed = at - datetime(1970, 1, 1)
    micros = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    value = moment(micros * 1_000 + rest, TimeZone(name=zone))
    assert value.component("offsetSeconds") == offset.days * 86_400 + offset.seconds
    assert [value.component(each) for each in ("day", "hour", "minute", "second")] == [
        *(there.day, there.hour, there.minute, there.second)
    ]
    assert value.component("nanosecond") == there.microsecond * 1_000 + rest
    assert read_date_time(str(value), TimeZone()) == value


@given(LOCAL)
def test_local_values_are_read_as_they_are_written(value: LocalDateTime) -> None:
    assert read_local_date_time(str(value)) == value
    assert read_local_time(str(LocalTime(value.nanos))) == LocalTime(value.nanos)
    time = Time(value.nanos, -12_600)
    assert read_time(str(time), TimeZone()) == time


PARTS = st.integers(-(10**6), 10**6)


@given(PARTS, PARTS, st.integers(-(10**17), 10**17))
def test_durations_are_read_as_they_are_written(months: int, days: int, nanos: int) -> None:
    value = Duration(months, days, nanos)
    assert read_duration(str(value)) == value
    assert value.plus(value, -1) == Duration()
    assert value.times(2) == value.plus(value, 1)
    entries = {"months": months, "days": days, "nanoseconds": nanos}
    assert make_duration(entries) == value


@given(LOCAL, LOCAL)
def test_a_start_and_the_duration_to_an_end_are_the_end(
    start: LocalDateTime, end: LocalDateTime
) -> None:
    assert start.plus(duration_between(start, end), 1) == end
    assert start.plus(seconds_between(start, end), 1) == end
    backward = seconds_between(end, start)
    assert seconds_between(start, end).plus(backward, 1) == Duration()


def test_clocks_that_are_put_back_and_forward() -> None:
    stockholm = {"timezone": "Europe/Stockholm"}
    night = {"year": 2017, "month": 10, "day": 29, "hour": 2} | stockholm
    first = make_date_time(night, TimeZone())
    assert str(first) == "2017-10-29T02:00+02:00[Europe/Stockholm]"
    second = read_date_time("2017-10-29T02:00+01:00[Europe/Stockholm]", TimeZone())
    assert str(second) == "2017-10-29T02:00+01:00[Europe/Stockholm]"
    assert str(seconds_between(first, second)) == "PT1H"
    assert read_date_time(str(second.plus(Duration(nanos=1), 1)), TimeZone()) != second
    spring = {"year": 2017, "month": 3, "day": 26, "hour": 2, "minute": 30} | stockholm
    assert str(make_date_time(spring, TimeZone())) == "2017-03-26T03:30+02:00[Europe/Stockholm]"
    with pytest.raises(EvaluationError, match="another offset"):
        read_date_time("2017-07-01T00:00+01:00[Europe/Stockholm]", TimeZone())


def test_zones_beyond_pythons_years() -> None:
    for year in (-400, 12_000):
        entries = {"year": year, "month": 7, "timezone": "Europe/Stockholm"}
        assert isinstance(make_date_time(entries, TimeZone()), DateTime)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"year": 2015, "month": 2, "day": 29}, "no day"),
        ({"year": 2015, "month": 13}, "no day"),
        ({"year": 2015, "week": 54}, "no day"),
        ({"year": 2015, "day": 1}, "needs 'month'"),
        ({"month": 1}, "needs a year"),
        ({"year": 2015, "week": 1, "month": 1}, "in one way"),
        ({"year": 2015.0}, "an integer, not a float"),
        ({"year": 2015, "hour": 1}, "does not read 'hour'"),
        ({"year": 10**9}, "not within"),
        ({"date": LocalTime(0)}, "a local time has none"),
    ],
)
def test_dates_that_cannot_be(entries: dict[str, Any], reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason):
        make_date(entries)


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ("2015-02-29", 0),
        ("2015-W54", 0),
        ("2015-366", 0),
        ("+2015", 1),
        ("24:00", 1),
        ("2015-01-01T25", 2),
        ("P", 3),
        ("PT", 3),
        ("P1DT", 3),
        ("12:00+19:00", 4),
        ("12:00[Europe/Stockholm]", 4),
        ("2015-01-01T00:00[Nowhere/Else]", 5),
        ("2015-01-01T00:00[../../etc/passwd]", 5),
        ("9" * 200, 0),
    ],
)
def test_texts_that_are_none(text: str, reader: int) -> None:
    with pytest.raises(EvaluationError) as caught:
        READERS[reader](text)
    assert caught.value.kind == "ArgumentError"


@given(
    st.text("0123456789-+:.,TWQPYMDHSZ[]/aE", max_size=24),
    st.sampled_from(READERS),
)
def test_any_text_is_read_or_refused(text: str, reader: Callable[[str], TemporalValue]) -> None:
    try:
        found = reader(text)
    except EvaluationError as error:
        assert error.reason  # noqa: PT017
    else:
        assert str(found)
