"""Graphs with texts for the tests of recall."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from focusmesh.engine.graph import Graph
from focusmesh.engine.links import Names

WORDS = [f"word{number}" for number in range(400)]


def animals() -> Graph:
    """Five particles with texts, relations, authors and times."""
    graph = Graph.from_edges(
        ["bridge", "bridge", "fox", "dog", "dog"],
        ["fox", "dog", "forest", "forest", "bone"],
        relation=["leads to", "leads to", "lives in", "lives in", "eats"],
        author=["ada", "ada", "bo", "bo", "ada"],
        time=[1, 2, 3, 4, 5],
    )
    for name, text in {
        "fox": "A quick brown animal that jumps over lazy ones.",
        "dog": "A lazy animal that sleeps.",
        "bridge": "A way over a river.",
    }.items():
        graph.set_text(name, text)
    return graph


def library(count: int = 120, seed: int = 3, links: int = 3) -> Graph:
    """``count`` particles n0 … with random texts and some random links each."""
    draw = Random(seed)
    names = [f"n{number}" for number in range(count)]
    ends = [(one, draw.choice(names)) for one in names for _ in range(links)]
    ends += list(pairwise(names))
    graph = Graph.from_edges(*zip(*ends, strict=True), particles=names)
    texts = Names.texts(" ".join(draw.choices(WORDS, k=12)) for _ in names)
    return Graph.from_links(replace(graph.links(), texts=texts))
