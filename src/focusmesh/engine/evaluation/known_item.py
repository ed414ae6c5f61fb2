"""Known items: three words of a text that no other text has together are to find it again.

The words are rare ones of the text itself, none of the particle's name; they stay in what is indexed, since whoever
looks for something that was once read remembers words that are in it.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.evaluation.task import Question, Task, count_phrase

if TYPE_CHECKING:
    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.evaluation.task import Draw

NAME = "known-item"
WORDS = 3
RARE_SHARE = 0.02
"""A word of a question is in at most this part of all documents (or in two)."""
_NUMBER = 2
_TRIES = 4


def draw_task(material: Material, draw: Draw) -> Task | str:
    """Questions for ``draw.count`` texts; why not, where no text has enough words of its own."""
    chance = draw.random(_NUMBER)
    asked = np.flatnonzero(draw.of_part(material.graph.particle_count))
    questions: list[Question] = []
    for particle in chance.permutation(asked).tolist():
        excerpt = excerpt_of(material, particle, chance)
        if excerpt:
            questions.append(Question(excerpt, (particle,)))
        if len(questions) == draw.count:
            break
    if not questions:
        return f"no text has {WORDS} rare words that no other has together"
    about = f"{WORDS} words of each of {count_phrase(len(questions), 'text')}, to find the text"
    return Task(NAME, material, tuple(questions), about, faults)


def excerpt_of(
    material: Material, particle: int, chance: np.random.Generator, most: int | None = None
) -> str:
    """``WORDS`` rare words of a text, in its order, which are together in no other document; "" for none."""
    if not material.documents.texts[particle]:
        return ""
    limit = max(2, int(RARE_SHARE * len(material.documents))) if most is None else most
    rare = material.words.rare(particle, limit)
    if len(rare) < WORDS:
        return ""
    for _ in range(_TRIES):
        taken = np.sort(chance.choice(len(rare), WORDS, replace=False)).tolist()
        holders = [material.words.holders(rare[at][1]) for at in taken]
        if len(reduce(np.intersect1d, holders)) == 1:
            return " ".join(rare[at][0] for at in taken)
    return ""


def faults(task: Task) -> list[str]:
    """Questions that name their particle, or have not one answer."""
    names = task.material.graph.particles
    found = []
    for question in task.questions:
        (answer,) = question.answers
        named = task.material.index.words.words(str(names[answer]))
        if set(named) & set(task.material.index.words.words(question.text)):
            found.append(f"{question.text!r} has a word of the name {names[answer]!r}")
    return found
