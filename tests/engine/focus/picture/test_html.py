"""Notebook views: well-formed, escaped, with every number that a score needs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from focusmesh import Graph, explain

if TYPE_CHECKING:
    from typing import Protocol

    class Shown(Protocol):
        def _repr_html_(self) -> str: ...


NASTY = "<script>&\"'"


@pytest.fixture
def graph() -> Graph:
    """T3 of the normative page, one name of it hostile."""
    return Graph.from_edges(
        ["a", "b", "c", NASTY], ["b", "c", "a", "a"], [100, 50, 200, 300], relation=NASTY
    )


def parsed(shown: Shown) -> ET.Element:
    """The view as a tree: it must be well-formed, and so escaped."""
    return ET.fromstring(shown._repr_html_())


def words(tree: ET.Element) -> list[str]:
    return [text.strip() for text in tree.itertext() if text.strip()]


def test_a_focus_shows_scores_and_their_bound(graph: Graph) -> None:
    focus = graph.focus()
    said = words(parsed(focus))
    assert [word for word in said if word in {"a", "b", "c", NASTY}] == ["a", "b", "c", NASTY]
    assert f"{focus.top(1)[0].score:.6g}" in said
    assert any(f"bound {focus.bound:.1e}" in word for word in said)
    assert "≈" not in "".join(said)


def test_what_is_not_separated_is_marked() -> None:
    said = words(parsed(Graph.from_edges(["hub", "hub"], ["left", "right"]).focus()))
    assert said.count("≈") == 1
    assert any("does not separate" in word for word in said)


def test_a_context_shows_seeds_and_relevance(graph: Graph) -> None:
    said = words(parsed(graph.focus(seeds=[NASTY])))
    assert f"Focus from {NASTY}" in said
    assert "relevance" in said
    assert any(word.startswith("+") for word in said)


def test_an_explanation_shows_all_its_parts(graph: Graph) -> None:
    explanation = explain(graph, [NASTY], "b")
    tree = parsed(explanation)
    said = words(tree)
    shares = [float(word.removesuffix("%")) for word in said if word.endswith("%")]
    assert len(shares) == len(explanation.walks) + 2
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert "→" in said
    assert NASTY in {span.get("title") for span in tree.iter("span")}


def test_a_graph_shows_its_counts(graph: Graph) -> None:
    said = words(parsed(graph))
    assert said[said.index("links") + 1] == "4"
    assert said[said.index("particles") + 1] == "4"
    assert said[said.index("relations") + 1] == NASTY
    many = words(parsed(Graph.from_edges([0], [1], particles=1_000)))
    assert "0, 1, 2, 3, 4, 5, 6, 7 and 992 more" in many
    assert "relations" not in many


def test_nothing_at_all_can_be_shown() -> None:
    empty = Graph.from_edges([], [], particles=0)
    assert "none" in words(parsed(empty))
    assert words(parsed(Graph.from_edges([], [], particles=1).focus()))[0] == "Focus"
