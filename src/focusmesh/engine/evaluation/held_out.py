"""Held-out links: some pairs are taken out of the graph, and who has one end is to find the other.

All links of a pair go, in both directions and of every relation, or the way back would tell. What a text says of the
other end by name is cut out of it, in the question and in what is indexed. Both ends keep a neighbour: what nothing
leads to can only be guessed. Neighbours that are left are known, and not listed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.evaluation.material import Material, says, unsaid
from focusmesh.engine.evaluation.task import Question, Task, count_phrase
from focusmesh.engine.graph import Graph
from focusmesh.engine.links import Names, label

if TYPE_CHECKING:
    from focusmesh.engine.evaluation.task import Draw
    from focusmesh.engine.support.arrays import OffsetArray

NAME = "links"
SHARE = 0.1
"""Of the pairs that may go."""
_NUMBER = 1


def draw_task(material: Material, draw: Draw) -> Task | str:
    """Questions from ``draw.count`` ends of hidden pairs; why not, where no pair can go."""
    pairs = hidden_pairs(material, draw)
    if not len(pairs):
        return "no link can be taken out so that both ends keep another, and neither name says the other"
    ends = np.concatenate((pairs, pairs[:, ::-1]))
    ends = ends[draw.of_part(material.graph.particle_count)[ends[:, 0]]]
    chance = draw.random(_NUMBER)
    askers = chance.permutation(np.unique(ends[:, 0]))[: draw.count]
    asked = ends[np.isin(ends[:, 0], askers)]
    without = Material(_graph_without(material, pairs, asked))
    questions = tuple(_question(without, int(asker), ends) for asker in askers)
    if not questions:
        return "too few links can be taken out"
    were = "was" if len(pairs) == 1 else "were"
    about = (
        f"{count_phrase(len(questions), 'particle')}, each to find what it was linked to; "
        f"{count_phrase(len(pairs), 'pair')} {were} taken out of "
        f"the graph, {SHARE:.0%} of those that may go"
    )
    return Task(NAME, without, questions, about, faults)


def hidden_pairs(material: Material, draw: Draw) -> OffsetArray:
    """Pairs of particles to take out, shape (pairs, 2); validation and test hide the same ones."""
    columns = material.graph.links()
    ends = np.stack((columns.source, columns.target), axis=1).astype(np.int64)
    pairs = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=material.graph.particle_count)
    hidden: list[int] = []
    wanted = max(1, round(SHARE * len(pairs)))
    for at in draw.shared_random(_NUMBER).permutation(len(pairs)).tolist():
        first, second = pairs[at].tolist()
        if min(degree[first], degree[second]) > 1 and not _is_named(material, first, second):
            degree[[first, second]] -= 1
            hidden.append(at)
            if len(hidden) == wanted:
                break
    return pairs[sorted(hidden)]


def _is_named(material: Material, first: int, second: int) -> bool:
    """Whether the name of one is in that of the other, where it cannot be cut out."""
    one, other = material.graph.particles[first], material.graph.particles[second]
    return says(label(one), other) or says(label(other), one)


def _graph_without(material: Material, pairs: OffsetArray, asked: OffsetArray) -> Graph:
    """The graph without the links of ``pairs``; texts of the pairs that are ``asked`` for no longer name each other."""
    graph = material.graph
    columns, count = graph.links(), graph.particle_count
    low = np.minimum(columns.source, columns.target).astype(np.int64)
    high = np.maximum(columns.source, columns.target).astype(np.int64)
    kept = ~np.isin(low * count + high, pairs[:, 0] * count + pairs[:, 1])
    left = columns.where(kept)
    if graph.texts is None:
        return Graph.from_links(left)
    texts = [str(text) for text in graph.texts]
    for first, second in asked.tolist():
        for said, name in ((first, second), (second, first)):
            texts[said] = unsaid(texts[said], graph.particles[name])
    return Graph.from_links(replace(left, texts=Names.texts(texts)))


def _question(without: Material, asker: int, ends: OffsetArray) -> Question:
    answers = np.unique(ends[ends[:, 0] == asker, 1])
    return Question(
        text=without.opening_words(asker),
        answers=tuple(answers.tolist()),
        context=(asker,),
        known=(asker, *without.neighbours(asker).tolist()),
    )


def faults(task: Task) -> list[str]:
    """Pairs that are still linked, and texts that name what is to be found."""
    found = []
    names = task.material.graph.particles
    for question in task.questions:
        (asker,) = question.context
        near = set(task.material.neighbours(asker).tolist())
        for answer in question.answers:
            if answer in near:
                found.append(f"{names[asker]!r} and {names[answer]!r} are still linked")
            elif says(question.text, names[answer]):
                found.append(f"what is asked of {names[asker]!r} names {names[answer]!r}")
            elif says(task.material.documents.texts[answer], names[asker]):
                found.append(f"the text of {names[answer]!r} names {names[asker]!r}")
    return found
