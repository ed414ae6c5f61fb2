"""Two hops: words describe one particle, the answer is two links from it, and no word leads nearer than that.

The answer has no word of the question in its name or text, and neither has anything that is linked to it: what has
the words is joined to it by a bridge that has none of them. A search for words alone can only guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.evaluation.known_item import excerpt_of
from focusmesh.engine.evaluation.task import Question, Task, count_phrase

if TYPE_CHECKING:
    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.evaluation.task import Draw
    from focusmesh.engine.support.arrays import OffsetArray

NAME = "two-hop"
ANSWERS_MAX = 10
RARE_SHARE = 0.002
"""Words are rarer than in known items, or half of the graph would be next to one of them."""
_NEIGHBOURS_MAX = 20
_NUMBER = 3


def draw_task(material: Material, draw: Draw) -> Task | str:
    """Questions from ``draw.count`` texts; why not, where there are none with one to ten such answers."""
    chance = draw.random(_NUMBER)
    asked = np.flatnonzero(draw.of_part(material.graph.particle_count))
    most = max(2, int(RARE_SHARE * len(material.documents)))
    questions: list[Question] = []
    for particle in chance.permutation(asked).tolist():
        excerpt = excerpt_of(material, particle, chance, most)
        answers = beyond_bridges(material, particle, excerpt) if excerpt else ()
        if 1 <= len(answers) <= ANSWERS_MAX:
            questions.append(Question(excerpt, answers))
        if len(questions) == draw.count:
            break
    if not questions:
        return "no text has rare words that lead to a particle only by way of another"
    several = np.mean([len(question.answers) for question in questions])
    about = (
        f"3 words of each of {count_phrase(len(questions), 'text')}, "
        f"to find what is two links away and shares none of them "
        f"({several:.1f} answers at the mean)"
    )
    return Task(NAME, material, tuple(questions), about, faults)


def beyond_bridges(material: Material, particle: int, question: str) -> tuple[int, ...]:
    """What is two links from ``particle`` with no word of ``question`` in it or next to it."""
    near = material.neighbours(particle)
    if not 1 <= len(near) <= _NEIGHBOURS_MAX:
        return ()
    worded = material.words.found(question)
    bridges = np.setdiff1d(near, worded)
    around = [material.neighbours(bridge) for bridge in bridges.tolist()]
    far = np.unique(np.concatenate([np.zeros(0, np.int64), *around]))
    far = np.setdiff1d(far, np.concatenate((near, worded, [particle])))
    if len(far) > 4 * ANSWERS_MAX:
        return ()
    return tuple(one for one in far.tolist() if not _next_to(material, one, worded))


def _next_to(material: Material, particle: int, worded: OffsetArray) -> bool:
    return bool(np.isin(material.neighbours(particle), worded, assume_unique=True).any())


def faults(task: Task) -> list[str]:
    """Answers that have a word of their question, or are next to something that has."""
    names = task.material.graph.particles
    found = []
    for question in task.questions:
        worded = task.material.words.found(question.text)
        for answer in question.answers:
            if answer in worded:
                found.append(f"{names[answer]!r} has a word of {question.text!r}")
            elif _next_to(task.material, answer, worded):
                found.append(f"{names[answer]!r} is next to what has a word of {question.text!r}")
    return found
