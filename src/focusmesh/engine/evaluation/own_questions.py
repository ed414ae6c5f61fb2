"""Questions of one's own: JSON lines with what is asked and what answers it, in one file or in two."""

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
    """One line: ``answers`` and ``context`` are names of particles; ``id`` is by what another file has its answers."""

    question: str
    answers: list[str | int] = []
    context: list[str | int] = []
    id: str | int | None = None


class Gold(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a file of answers."""

    id: str | int
    answers: list[str | int]


def judged(
    material: Material,
    lines: Iterable[str],
    where: str = "questions",
    gold: Iterable[str] | None = None,
    gold_where: str = "gold",
) -> Task:
    """The task that ``lines`` spell, empty ones aside; raises InputError naming the line at fault.

    ``gold``: lines that have the answers of questions by their ``id``, beside those that questions have themselves.
    """
    particles = material.graph.particles
    known = _gold(gold or (), gold_where)
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line, type=Judged)
            named = [*told.answers, *known.pop(told.id, [])]
            answers, context = _indices(particles, named), _indices(particles, told.context)
        except (msgspec.DecodeError, UnicodeError, UnknownParticleError) as error:
            raise InputError(f"{where}:{number}: {error}") from error
        if not answers or not (told.question.strip() or context):
            raise InputError(
                f"{where}:{number}: a question needs words or a context, and an answer"
            )
        questions.append(Question(told.question, answers, context, context))
    if not questions:
        raise InputError(f"{where}: there is no question in it")
    if known:
        raise InputError(f"{gold_where}: no question of {where} has the id {next(iter(known))!r}")
    about = f"{count_phrase(len(questions), 'question')} of {where}"
    return Task(NAME, material, tuple(questions), about, lambda _: [])


def _gold(lines: Iterable[str], where: str) -> dict[str | int | None, list[str | int]]:
    """Answers by the id of their question; two lines of one id are put together."""
    known: dict[str | int | None, list[str | int]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                told = msgspec.json.decode(line, type=Gold)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise InputError(f"{where}:{number}: {error}") from error
            known.setdefault(told.id, []).extend(told.answers)
    return known


def _indices(particles: Names, names: list[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(particles.index(name) for name in names))
