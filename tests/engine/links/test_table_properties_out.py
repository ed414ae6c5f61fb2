"""Properties of links in Arrow tables: a column a key, read back as they were; what is empty is left out there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph

pytest.importorskip("arro3.core")
PAIRS = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]
VALUES = {
    "km": st.integers(-(2**63), 2**63 - 1),
    "part": st.floats(allow_nan=False, allow_infinity=False),
    "is open": st.booleans(),
    "type": st.text("ab cé", min_size=1, max_size=4),
    "Weight": st.floats(0, 1),
    "property:km": st.text("xyz", min_size=1, max_size=3),
    "seal": st.binary(min_size=1, max_size=3),
}
SAID = st.dictionaries(
    st.sampled_from(PAIRS), st.fixed_dictionaries({}, optional=VALUES), max_size=4
)


@given(SAID, st.booleans())
def test_properties_of_links_come_back_from_a_table(said: dict[Any, Any], related: bool) -> None:
    named: dict[str, Any] = {"relation": "rail"} if related else {}
    graph = Graph.from_edges(PAIRS, weight=[2.0] * 4, relation=["rail"] * 4 if related else None)
    for (source, target), values in said.items():
        for key, value in values.items():
            graph.set_link_property(source, target, key, value, **named)
    back = Graph.from_table(graph.to_table())
    for pair in PAIRS:
        assert back.link_properties(*pair, **named) == graph.link_properties(*pair, **named)
        assert back.weight(*pair) == 2.0


def test_values_of_several_kinds_are_text() -> None:
    graph = Graph.from_edges([("a", "b"), ("b", "c"), ("c", "a")])
    graph.set_link_property("a", "b", "mixed", 1)
    graph.set_link_property("b", "c", "mixed", "one")
    graph.set_link_property("a", "b", "number", 1)
    graph.set_link_property("b", "c", "number", 0.5)
    table = graph.to_table()
    assert table["mixed"].to_pylist() == ["1", "one", None]
    assert table["number"].to_pylist() == [1.0, 0.5, None]
