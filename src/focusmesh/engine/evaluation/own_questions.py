"""Questions of one's own: JSON lines with what is asked and what answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.evaluation.task import Question, Task, count_phrase
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.links import Names

NAME = "questions"


class Judged(msgspec.Struct, forbid_unknown_fields=True):
    """One line: ``answers`` (at least one) and ``context`` are names of particles."""

    question: str
    answers: list[str | int]
    context: list[str | int] = []


def judged(material: Material, lines: Iterable[str], where: str = "questions") -> Task:
    """The task that ``lines`` spell, empty ones aside; raises InputError naming the line at fault."""
    particles = material.graph.particles
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line, type=Judged)
            answers, context = _indices(particles, told.answers), _indices(particles, told.context)
        except (msgspec.DecodeError, UnicodeError, UnknownParticleError) as error:
            raise InputError(f"{where}:{number}: {error}") from error
        if not answers or not (told.question.strip() or context):
            raise InputError(
                f"{where}:{number}: a question needs words or a context, and an answer"
            )
        questions.append(Question(told.question, answers, context, context))
    if not questions:
        raise InputError(f"{where}: there is no question in it")
    about = f"{count_phrase(len(questions), 'question')} of {where}"
    return Task(NAME, material, tuple(questions), about, lambda _: [])


def _indices(particles: Names, names: list[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(particles.index(name) for name in names))
