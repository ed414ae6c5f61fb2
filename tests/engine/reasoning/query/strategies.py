"""Values of all types for property tests, and the small graph that those of a graph come from."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.functions import (
    FunctionContext,
)
from focusmesh.engine.reasoning.query.temporal import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    TimeZone,
)
from tests.engine.reasoning.query.small_graph import SmallGraph

DAYS = st.integers(-800_000, 800_000)
NANOS = st.integers(0, 86_399_999_999_999)
OFFSETS = st.integers(-1_080, 1_080).map(lambda minutes: minutes * 60)
TEMPORAL = st.one_of(
    st.builds(Date, DAYS),
    st.builds(LocalTime, NANOS),
    st.builds(Time, NANOS, OFFSETS),
    st.builds(LocalDateTime, DAYS, NANOS),
    st.builds(DateTime, DAYS, NANOS, st.builds(TimeZone, OFFSETS)),
    st.builds(Duration, st.integers(-99, 99), st.integers(-99, 99), st.integers(-(10**14), 10**14)),
)
INTEGERS = st.one_of(st.integers(-3, 3), st.integers(v.INTEGER_MIN, v.INTEGER_MAX))
SCALARS = st.one_of(
    *(st.none(), st.booleans(), INTEGERS, st.floats(), st.text(max_size=4), TEMPORAL),
    st.builds(v.NodeValue, st.integers(0, 1)),
    st.builds(v.RelationshipValue, st.just(0)),
    st.builds(v.PathValue, st.just((0, 1)), st.just((0,))),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def a_graph() -> SmallGraph:
    graph = SmallGraph()
    start = graph.add_node(["A", "B"], {"name": "it's", "size": 1.5})
    graph.add_link(start, "T", graph.add_node([], {}), {"since": 1})
    return graph


def a_context() -> FunctionContext:
    return FunctionContext(a_graph(), 10**18, lambda: 10**18 + 5, Random(1))
