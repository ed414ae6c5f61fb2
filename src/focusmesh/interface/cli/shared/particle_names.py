"""Names of particles: as people type them, as tables show them, as JSON carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import UnknownParticleError
from focusmesh.interface.cli.shared.table import visible

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.links import Names


def find_particle(particles: Names, typed: str) -> Hashable:
    """The particle that ``typed`` names: a str as it stands, a number where names are numbers, a CID for a digest.

    Raises UnknownParticleError with up to three close names.
    """
    found = particles.find(typed)
    if found is None:
        number = _number(typed)
        found = None if number is None else particles.find(number)
    if found is None:
        raise UnknownParticleError(typed, close=[visible(name) for name in particles.close(typed)])
    return particles[found]


def find_particles(particles: Names, typed: Iterable[str | int]) -> list[Hashable]:
    """``find_particle`` for several, each once, in the order in which they were typed."""
    return list(dict.fromkeys(find_particle(particles, str(name)) for name in typed))


def find_or_new(particles: Names, typed: Hashable) -> Hashable:
    """The particle that ``typed`` names, as for ``find_particle``; ``typed`` itself where there is none."""
    if not isinstance(typed, str) or particles.find(typed) is not None:
        return typed
    number = _number(typed)
    return typed if number is None or particles.find(number) is None else number


def shown_name(name: Hashable) -> str:
    """A name for a table: digests as CIDs, control characters spelt out."""
    from focusmesh.engine.links import label

    return visible(label(name))


def in_json(name: Hashable) -> str | int:
    """A name for JSON: integers as numbers, digests as CIDs, everything else as its text."""
    from focusmesh.engine.links import label

    return name if type(name) is int else label(name)


def _number(text: str) -> int | None:
    """``text`` as an integer if it is the plain spelling of one."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() else None
