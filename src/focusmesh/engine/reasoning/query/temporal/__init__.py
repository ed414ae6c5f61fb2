"""Temporal values: dates, times and durations, made from texts and maps, truncated, compared and added.

It imports ``values`` of its siblings. Start reading at ``instants.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.temporal.between import days_between as days_between
from focusmesh.engine.reasoning.query.temporal.between import duration_between as duration_between
from focusmesh.engine.reasoning.query.temporal.between import months_between as months_between
from focusmesh.engine.reasoning.query.temporal.between import seconds_between as seconds_between
from focusmesh.engine.reasoning.query.temporal.calendar import temporal_fault as temporal_fault
from focusmesh.engine.reasoning.query.temporal.duration import Duration as Duration
from focusmesh.engine.reasoning.query.temporal.duration_map import make_duration as make_duration
from focusmesh.engine.reasoning.query.temporal.from_map import at_offset as at_offset
from focusmesh.engine.reasoning.query.temporal.from_map import make_date as make_date
from focusmesh.engine.reasoning.query.temporal.from_map import make_date_time as make_date_time
from focusmesh.engine.reasoning.query.temporal.from_map import (
    make_local_date_time as make_local_date_time,
)
from focusmesh.engine.reasoning.query.temporal.from_map import make_local_time as make_local_time
from focusmesh.engine.reasoning.query.temporal.from_map import make_time as make_time
from focusmesh.engine.reasoning.query.temporal.from_text import read_date as read_date
from focusmesh.engine.reasoning.query.temporal.from_text import read_date_time as read_date_time
from focusmesh.engine.reasoning.query.temporal.from_text import read_duration as read_duration
from focusmesh.engine.reasoning.query.temporal.from_text import (
    read_local_date_time as read_local_date_time,
)
from focusmesh.engine.reasoning.query.temporal.from_text import read_local_time as read_local_time
from focusmesh.engine.reasoning.query.temporal.from_text import read_time as read_time
from focusmesh.engine.reasoning.query.temporal.instants import Date as Date
from focusmesh.engine.reasoning.query.temporal.instants import DateTime as DateTime
from focusmesh.engine.reasoning.query.temporal.instants import LocalDateTime as LocalDateTime
from focusmesh.engine.reasoning.query.temporal.instants import LocalTime as LocalTime
from focusmesh.engine.reasoning.query.temporal.instants import Time as Time
from focusmesh.engine.reasoning.query.temporal.instants import moment as moment
from focusmesh.engine.reasoning.query.temporal.truncation import truncate_date as truncate_date
from focusmesh.engine.reasoning.query.temporal.truncation import (
    truncate_date_time as truncate_date_time,
)
from focusmesh.engine.reasoning.query.temporal.truncation import (
    truncate_local_date_time as truncate_local_date_time,
)
from focusmesh.engine.reasoning.query.temporal.truncation import (
    truncate_local_time as truncate_local_time,
)
from focusmesh.engine.reasoning.query.temporal.truncation import truncate_time as truncate_time
from focusmesh.engine.reasoning.query.temporal.zones import TimeZone as TimeZone
from focusmesh.engine.reasoning.query.temporal.zones import read_zone as read_zone
