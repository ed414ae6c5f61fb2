"""Pages of one answer: a longer one is what is asked for anew, and goes on where its cursor says."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph

if TYPE_CHECKING:
    from tests.conftest import Needs


@pytest.fixture
def graph(needs: Needs) -> Graph:
    needs("tantivy")
    edges = [(f"note {at}", f"note {at * 7 % 40}") for at in range(40)]
    graph = Graph.from_edges(edges)
    graph.set_texts({f"note {at}": f"tea and {at} biscuits" for at in range(40)})
    return graph


@pytest.mark.parametrize("options", [{}, {"mmr": 0.5}, {"context": ["note 3"]}])
@pytest.mark.parametrize("count", [1, 5, 12, 100])
def test_a_longer_one_is_what_is_asked_for_anew(graph: Graph, options: object, count: int) -> None:
    given = dict(options) if isinstance(options, dict) else {}
    short = graph.recall("tea biscuits", 5, **given)
    long, anew = short.longer(count), graph.recall("tea biscuits", count, **given)
    assert long.items == anew.items
    assert (long.cursor, long.prompt, long.entries) == (anew.cursor, anew.prompt, anew.entries)
    assert short.items == graph.recall("tea biscuits", 5, **given).items


def test_a_cursor_behind_any_item_goes_on_there(graph: Graph) -> None:
    whole = graph.recall("tea biscuits", 30)
    for count in (1, 4, 29):
        following = graph.recall("tea biscuits", 2, cursor=whole.cursor_after(count))
        assert following.items[0].rank == count + 1
    assert whole.cursor_after(30) == whole.cursor
    page = graph.recall("tea biscuits", 5, cursor=whole.cursor_after(3))
    assert page.longer(8).items[-1].rank == 11
    assert page.cursor_after(2) == whole.cursor_after(5)


def test_one_that_was_pickled_is_no_longer_made_longer(graph: Graph) -> None:
    found = graph.recall("tea biscuits", 5)
    read = pickle.loads(pickle.dumps(found))
    assert read.longer(9).items == read.items == found.items
