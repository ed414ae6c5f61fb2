"""Functions that make temporal values: of text, of maps, of other values, off a clock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions.signatures import CLOCKS
from focusmesh.engine.reasoning.query.temporal import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
    days_between,
    duration_between,
    make_date,
    make_date_time,
    make_duration,
    make_local_date_time,
    make_local_time,
    make_time,
    moment,
    months_between,
    read_date,
    read_date_time,
    read_duration,
    read_local_date_time,
    read_local_time,
    read_time,
    read_zone,
    seconds_between,
    truncate_date,
    truncate_date_time,
    truncate_local_date_time,
    truncate_local_time,
    truncate_time,
)
from focusmesh.engine.reasoning.query.values import TemporalValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.functions.context import FunctionContext
    from focusmesh.engine.reasoning.query.values import QueryValue

_SECOND = 1_000_000_000
_Given = str | dict[str, "QueryValue"] | TemporalValue


def _date(context: FunctionContext, given: _Given | None = None) -> QueryValue:
    if given is None:
        return Date(_now(context, "statement").days)
    if isinstance(given, str):
        return read_date(given)
    return make_date(given if isinstance(given, dict) else {"date": given})


def _local_time(context: FunctionContext, given: _Given | None = None) -> QueryValue:
    if given is None:
        return LocalTime(_now(context, "statement").nanos)
    if isinstance(given, str):
        return read_local_time(given)
    return make_local_time(given if isinstance(given, dict) else {"time": given})


def _time(context: FunctionContext, given: _Given | None = None) -> QueryValue:
    if given is None:
        now = _now(context, "statement")
        return Time(now.nanos, now.offset)
    if isinstance(given, str):
        return read_time(given, context.zone)
    entries = given if isinstance(given, dict) else {"time": given}
    return make_time(entries, context.zone, context.began // _SECOND)


def _local_date_time(context: FunctionContext, given: _Given | None = None) -> QueryValue:
    if given is None:
        now = _now(context, "statement")
        return LocalDateTime(now.days, now.nanos)
    if isinstance(given, str):
        return read_local_date_time(given)
    return make_local_date_time(given if isinstance(given, dict) else _both(given))


def _date_time(context: FunctionContext, given: _Given | None = None) -> QueryValue:
    if given is None:
        return _now(context, "statement")
    if isinstance(given, str):
        return read_date_time(given, context.zone)
    return make_date_time(given if isinstance(given, dict) else _both(given), context.zone)


def _both(given: TemporalValue) -> dict[str, QueryValue]:
    """A date alone is its midnight."""
    return {"date": given} if isinstance(given, Date) else {"datetime": given}


def _duration(given: _Given) -> QueryValue:
    if isinstance(given, str):
        return read_duration(given)
    return make_duration(given) if isinstance(given, dict) else given


def _now(context: FunctionContext, clock: str, zone: str | None = None) -> DateTime:
    return moment(context.now(clock), context.zone if zone is None else read_zone(zone))


def _read_clock(
    name: str, clock: str, context: FunctionContext, zone: str | None = None
) -> QueryValue:
    return INSTANTS[name](context, _now(context, clock, zone))


def _truncate(
    name: str,
    context: FunctionContext,
    unit: str,
    value: QueryValue = None,
    entries: dict[str, QueryValue] | None = None,
) -> QueryValue:
    given = _now(context, "statement") if value is None else value
    parts = entries or {}
    if name == "date":
        return truncate_date(unit, given, parts)
    if name == "localtime":
        return truncate_local_time(unit, given, parts)
    if name == "localdatetime":
        return truncate_local_date_time(unit, given, parts)
    if name == "time":
        return truncate_time(unit, given, parts, context.zone, context.began // _SECOND)
    return truncate_date_time(unit, given, parts, context.zone)


def _from_epoch(context: FunctionContext, seconds: int, nanos: int = 0) -> QueryValue:
    return moment(seconds * _SECOND + nanos, context.zone)


def _from_epoch_millis(context: FunctionContext, millis: int) -> QueryValue:
    return moment(millis * 1_000_000, context.zone)


INSTANTS: dict[str, Callable[..., QueryValue]] = {
    "date": _date,
    "localtime": _local_time,
    "time": _time,
    "localdatetime": _local_date_time,
    "datetime": _date_time,
}

CONTEXTUAL: dict[str, Callable[..., QueryValue]] = {
    **INSTANTS,
    **{
        f"{name}.{clock}": partial(_read_clock, name, clock)
        for name in INSTANTS
        for clock in CLOCKS
    },
    **{f"{name}.truncate": partial(_truncate, name) for name in INSTANTS},
    "datetime.fromepoch": _from_epoch,
    "datetime.fromepochmillis": _from_epoch_millis,
}

PURE: dict[str, Callable[..., QueryValue]] = {
    "duration": _duration,
    "duration.between": duration_between,
    "duration.inDays": days_between,
    "duration.inMonths": months_between,
    "duration.inSeconds": seconds_between,
}
