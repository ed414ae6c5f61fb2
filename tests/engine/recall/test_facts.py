"""Facts as of a time: what is superseded is listed for as long as it stood, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.recall.facts import SUPERSEDES, standing_facts
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from tests.conftest import Needs

OLD, NEW = "Ada works at the mill", "Ada works at the bakery"


def _graph(*links: tuple[str, str, str, int | None]) -> Graph:
    return Graph.from_edges([(one, other, 1.0, kind, None, at) for one, other, kind, at in links])


WORK = _graph(("Ada", OLD, "said", 10), ("Ada", NEW, "said", 20), (NEW, OLD, SUPERSEDES, 20))


def _standing(graph: Graph, as_of: int | None) -> set[Any]:
    mask = standing_facts(graph, as_of)
    return {name for at, name in enumerate(graph.particles) if mask is None or mask[at]}


@pytest.mark.parametrize(
    ("as_of", "stands"),
    [
        (9, set()),
        (10, {"Ada", OLD}),
        (19, {"Ada", OLD}),
        (20, {"Ada", NEW}),
        (None, {"Ada", NEW}),
    ],
)
def test_what_stands_at_each_time(as_of: int | None, stands: set[str]) -> None:
    assert _standing(WORK, as_of) == stands


def test_recall_lists_what_stands(needs: Needs) -> None:
    needs("tantivy")
    graph = WORK.copy()

    def found(**options: Any) -> set[Any]:
        return {*graph.recall("where does Ada work?", **options).particles} & {OLD, NEW}

    assert found() == {NEW}
    assert found(as_of=15) == {OLD}
    assert found(as_of=5) == set()
    # Its twin: without the link both stand.
    graph.unlink(NEW, OLD, SUPERSEDES)
    assert found() == {OLD, NEW}


def test_a_cursor_is_of_its_time(needs: Needs) -> None:
    needs("tantivy")
    cursor = WORK.recall("Ada works", 1, as_of=15).cursor
    assert cursor is not None
    with pytest.raises(InputError, match="another question"):
        WORK.recall("Ada works", 1, as_of=20, cursor=cursor)


def test_what_holds_again_stands_again() -> None:
    back = _graph(
        *[("Ada", OLD, "said", 10), ("Ada", NEW, "said", 20), (NEW, OLD, SUPERSEDES, 20)],
        (OLD, NEW, SUPERSEDES, 30),
    )
    assert _standing(back, 25) == {"Ada", NEW}
    assert _standing(back, 30) == _standing(back, None) == {"Ada", OLD}


def test_links_without_times_have_always_been() -> None:
    graph = _graph(("a", "b", "x", None), ("c", "b", SUPERSEDES, None), ("d", "a", "x", 5))
    assert _standing(graph, -(10**9)) == {"a", "c"}
    assert _standing(graph, 5) == {"a", "c", "d"}


def test_a_graph_without_either_is_asked_as_before() -> None:
    plain = Graph.from_edges([("a", "b")])
    assert standing_facts(plain, None) is None
    assert standing_facts(_graph(("a", "b", "x", 3)), None) is None
    with pytest.raises(InputError, match="leave as_of out"):
        standing_facts(plain, 3)


@pytest.mark.parametrize("as_of", [1.5, "never", True])
def test_what_is_no_time_is_refused(as_of: Any, needs: Needs) -> None:
    needs("tantivy")
    with pytest.raises(ParameterError, match="as_of"):
        WORK.recall("Ada", as_of=as_of)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.sampled_from("abcd"), st.booleans(), st.integers(0, 9)
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(-1, 10),
)
def test_it_is_what_a_reader_of_all_links_finds(
    told: list[tuple[str, str, bool, int]], as_of: int
) -> None:
    # Equal links are one, of the first time: a list has each of them once.
    links = list({(one, other, kind): at for one, other, kind, at in told}.items())
    graph = _graph(
        *((one, other, SUPERSEDES if kind else "x", at) for (one, other, kind), at in links)
    )
    seen = [(*ends, at) for ends, at in links if at <= as_of]
    stands = set()
    for name in {end for one, other, *_ in seen for end in (one, other)}:
        replaced = [at for _, other, kind, at in seen if kind and other == name]
        replacing = [at for one, _, kind, at in seen if kind and one == name]
        if not replaced or max(replaced) < max(replacing, default=-1):
            stands.add(name)
    assert _standing(graph, as_of) == stands
