"""A graph with texts for questions of every task: topics that share words and links, the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from focusmesh import Graph
from focusmesh.engine.links import Names

TOPICS, EACH = 12, 15


def library(seed: int = 3) -> Graph:
    """180 particles in topics; most links stay within one, every text has words of its own and of its topic."""
    draw = np.random.default_rng(seed)
    count = TOPICS * EACH
    topic = np.arange(count) // EACH
    source = np.repeat(np.arange(count), 2)
    near = topic[source] * EACH + draw.integers(0, EACH, len(source))
    target = np.where(draw.random(len(source)) < 0.9, near, draw.integers(0, count, len(source)))
    kept = source != target
    names = [f"page{at}" for at in range(count)]
    graph = Graph.from_edges(
        [names[at] for at in source[kept]],
        [names[at] for at in target[kept]],
        relation=[("cites", "follows")[at % 2] for at in range(int(kept.sum()))],
        particles=names,
    )
    texts = [
        " ".join([*(_word(1_000 + 5 * at + i) for i in range(5)), _word(topic[at]), "common"])
        for at in range(count)
    ]
    return Graph.from_links(replace(graph.links(), texts=Names.texts(texts)))


def _word(number: int) -> str:
    """Letters alone, no two numbers the same: digits are no words of a question."""
    letters = "bdfgklmnprtvz"
    spelt = ""
    while number or not spelt:
        number, digit = divmod(number, len(letters))
        spelt += letters[digit] + "aeiou"[digit % 5]
    return f"{spelt}x"
