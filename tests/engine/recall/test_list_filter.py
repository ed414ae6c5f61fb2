"""What an answer lists: kinds, particles with a text, and by which number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph, RecallParams
from focusmesh.errors import InputError, ParameterError
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from tests.conftest import Needs

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def kinds() -> Graph:
    """Tea and a teapot, each of a kind that a relation of another origin says."""
    return Graph.from_edges(
        ["green tea", "tea pot", "tea shop", "green tea"],
        ["drink", "thing", "place", "tea pot"],
        relation=["memory:type", "type", RDF_TYPE, "is made in"],
    )


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("drink", {"green tea"}),
        ("thing", {"tea pot"}),
        ("place", {"tea shop"}),
        (["drink", "place"], {"green tea", "tea shop"}),
    ],
)
def test_only_particles_of_a_kind_are_listed(kind: Any, listed: set[str]) -> None:
    assert set(kinds().recall("tea", kind=kind).particles) == listed


def test_a_kind_that_nobody_has_is_refused_with_those_that_are_near() -> None:
    with pytest.raises(InputError, match="no particle is of the kind 'drinks'; there are drink"):
        kinds().recall("tea", kind="drinks")
    with pytest.raises(InputError, match="no link of this graph says a kind"):
        animals().recall("animal", kind="drink")
    with pytest.raises(ParameterError, match="kind = 3"):
        kinds().recall("tea", kind=3)
    with pytest.raises(ParameterError, match="with_text = 1"):
        kinds().recall("tea", with_text=1)  # type: ignore[arg-type]


def test_top_counts_particles_with_a_text() -> None:
    graph = animals()
    whole = graph.recall("lazy animal").particles
    assert {"bone", "forest"} & set(whole)
    assert graph.recall("lazy animal", 3, with_text=True).particles == tuple(
        name for name in whole if name in {"fox", "dog", "bridge"}
    )
    graph.set_text("bone", "White.")
    assert "bone" in graph.recall("lazy animal", with_text=True).particles


def test_filters_hold_together() -> None:
    found = animals().recall("animal", author="bo", since=4, with_text=True)
    assert set(found.particles) == {"dog"}


@pytest.mark.parametrize(
    "params",
    [
        RecallParams(),
        RecallParams(popularity=1.0, text=0.0),
        RecallParams(popularity=0.0),
        RecallParams(text=1.0),
    ],
)
def test_one_number_orders_a_list_and_is_shown(params: RecallParams) -> None:
    graph = library()
    question = f"{WORDS[3]} {WORDS[50]} {WORDS[200]}"
    found = graph.recall(question, 40, params=params)
    values = [item.value for item in found]
    assert values == sorted(values, reverse=True)
    assert 0 < values[-1] <= values[0] <= 1
    shown = [float(line.split()[1]) for line in found.pretty().splitlines()[1:]]
    assert np.allclose(shown, values, atol=1e-5)
    cursor = graph.recall(question, 4, params=found.params).cursor
    rest = graph.recall(question, 4, cursor=cursor, params=found.params)
    assert [item.value for item in rest] == values[4:8]


def test_scores_alone_would_not_be_the_order() -> None:
    found = library().recall(f"{WORDS[3]} {WORDS[50]} {WORDS[200]}", 40)
    scores = [item.score for item in found]
    assert scores != sorted(scores, reverse=True)
    by_focus = library().recall(WORDS[3], 40, params=RecallParams(popularity=1.0, text=0.0))
    total = sum(item.value for item in by_focus) / sum(item.score for item in by_focus)
    assert [item.value for item in by_focus] == pytest.approx(
        [total * item.score for item in by_focus]
    )


def test_pages_of_other_listings_do_not_go_on() -> None:
    graph = animals()
    cursor = graph.recall("lazy animal", 1, with_text=True).cursor
    assert graph.recall("lazy animal", 1, with_text=True, cursor=cursor).items
    with pytest.raises(InputError, match="another question"):
        graph.recall("lazy animal", 1, cursor=cursor)
