"""What rules read of a graph: names that are found few at a time, columns that a view and its questions share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.links import Names
from focusmesh.engine.reasoning.relations import Dictionary, dictionary
from focusmesh.engine.reasoning.rules.graph_columns import GraphColumns

PATHS = "path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _)."
WORDS = ["a", "b", "c", "d", "e", "f"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "find", "places", "value", "symbol"]), st.sampled_from(WORDS)
    )
)


@pytest.mark.parametrize("few", [0, 1, 10**9])
@given(names=st.lists(st.sampled_from(WORDS[:4]), unique=True, max_size=4), steps=STEPS)
def test_places_are_the_same_whether_names_are_listed_or_looked_up(
    few: int, names: list[str], steps: list[tuple[str, str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionary, "_FEW", few)
        made, places = Dictionary(Names.of(names)), {name: at for at, name in enumerate(names)}
        symbols: dict[str, int] = {}
        for kind, word in steps:
            known = symbols if kind == "symbol" else places
            if kind == "find":
                assert made.find("particle", word) == places.get(word)
                continue
            if kind == "value":
                assert all(made.value(at) == name for name, at in (places | symbols).items())
                continue
            known.setdefault(word, len(places) + len(symbols))
            type_ = "symbol" if kind == "symbol" else "particle"
            found = made.places(type_, [word])[0] if kind == "places" else made.place(type_, word)
            assert found == known[word]
        assert len(made) == len(places) + len(symbols)
        assert [made.value(at) for at in range(len(made))] == made.values


def test_a_question_of_a_view_that_is_current_reads_no_column_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = fm.Graph.from_edges([(f"n{at}", f"n{at // 2}") for at in range(1, 3_000)])
    view = graph.rules(PATHS)
    read, column = list[int](), GraphColumns._column

    def counted(base: Any, at: int) -> Any:
        read.append(at)
        return column(base, at)

    monkeypatch.setattr(GraphColumns, "_column", counted)
    rows = set(view["path"])
    before = len(read)
    monkeypatch.setattr(GraphColumns, "rows", lambda *_: pytest.fail("rows of all links"))
    asked = view.ask('path("n2999", y)')
    assert set(asked) == {row for row in rows if row[0] == "n2999"}
    assert len(read) == before
    monkeypatch.undo()
    graph.unlink("n2999", "n1499")
    assert view.ask('path("n2999", y)') == []
    view.verify()
