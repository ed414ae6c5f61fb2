"""Task: questions over one graph, each with the particles that answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.support.arrays import BoolArray

TEST, VALIDATION = "test", "validation"
_HALVES = 7
"""Seed of the halves: the same whatever else is drawn."""


def count_phrase(count: int, thing: str) -> str:
    """``1 text``, ``2,345 texts``."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked in words and from where (``context``), what answers it, and what the asker has: indices.

    ``known`` particles are left out of every ranking before it is measured.
    """

    text: str
    answers: tuple[int, ...]
    context: tuple[int, ...] = ()
    known: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """``questions`` over what ``material`` holds: a graph that lacks what is to be found, if that was taken out.

    ``faults`` says, in a sentence each, what of the answers a question gives away; an honest task has none.
    """

    name: str
    material: Material
    questions: tuple[Question, ...]
    about: str
    faults: Callable[[Task], list[str]] = field(repr=False, compare=False)

    def verify(self) -> Task:
        """Itself; raises InputError where answers leak into questions, or an answer can never be listed."""
        found = [*_impossible(self), *self.faults(self)]
        if found:
            raise InputError(
                f"the questions of {self.name!r} give their answers away: {found[0]}"
                + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
            )
        return self


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of questions. Validation asks about one half of the particles and test about the other, always."""

    seed: int
    count: int
    part: str = TEST

    def of_part(self, particle_count: int) -> BoolArray:
        """Which particles this part asks about."""
        half = np.random.default_rng(_HALVES).random(particle_count) < 0.5
        return half if self.part == VALIDATION else ~half

    def random(self, task: int) -> np.random.Generator:
        """Chance for one task and part."""
        return np.random.default_rng([self.seed, task, self.part == VALIDATION])

    def shared_random(self, task: int) -> np.random.Generator:
        """Chance for what both parts of a task have in common."""
        return np.random.default_rng([self.seed, task, 2])


Drawing: TypeAlias = Callable[["Material", Draw], "Task | str"]
"""Draws a task, or says why there is none in this graph."""


def _impossible(task: Task) -> list[str]:
    particles = task.material.graph.particles
    return [
        f"{particles[answer]!r} is an answer and known beforehand"
        for question in task.questions
        for answer in question.answers
        if answer in question.known or answer in question.context
    ]
