"""What an operator answers: rows under named columns, kept with the links that they follow from."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.engine.links import Names, Snapshot
    from focusmesh.engine.reasoning.registry import OperatorAtom

_KEY = "operators"
_KEPT = 8
"""Answers that are kept with a moment, the newest."""

_LOCK = Lock()
"""Held while an answer is looked up or kept, never while one is worked out."""


@dataclass(frozen=True, eq=False, repr=False)
class OperatorRows:
    """The rows of an operator: ``columns`` are its names, ``arrays`` one array each, particles as indices.

    Iterating gives rows with the names of particles; ``answer["distance"]`` a whole column.
    """

    atom: OperatorAtom
    arrays: tuple[npt.NDArray[Any], ...]
    particles: Names

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.atom.columns)

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, column: str) -> Sequence[Any]:
        """One column as a list; raises KeyError for another name. O(rows)."""
        if column not in self.columns:
            raise KeyError(f"{column}: there are {', '.join(self.columns)}")
        return self._values(self.columns.index(column))

    def __iter__(self) -> Iterator[Any]:
        return zip(*map(self._values, range(len(self.arrays))), strict=True)

    def top(self, count: int) -> OperatorRows:
        """The first ``count`` rows."""
        return OperatorRows(self.atom, tuple(each[:count] for each in self.arrays), self.particles)

    def _values(self, at: int) -> list[Any]:
        values: list[Any] = self.arrays[at].tolist()
        if self.atom.columns[at].type != "particle":
            return values
        names = self.particles
        # All names at one time cost less than most of them one by one.
        known: Any = list(names) if 4 * len(values) > len(names) else names
        return [known[particle] for particle in values]

    def __repr__(self) -> str:
        return f"<{self.atom.name}: {len(self)} rows of {', '.join(self.columns)}>"


def operator_rows(
    snapshot: Snapshot,
    atom: OperatorAtom,
    given: Mapping[str, Any],
    tick: Callable[[], None] = lambda: None,
) -> OperatorRows:
    """The rows of ``atom`` for the arguments ``given``; those of the last calls are kept with the links.

    Raises InputError for arguments that do not fit, UnknownParticleError for a particle that is not there, and what
    ``tick`` raises.
    """
    arguments = atom.complete(given)
    kept: dict[Hashable, OperatorRows] = snapshot.derived.setdefault(_KEY, {})
    key = atom.name, atom.version, tuple(arguments.items())
    with _LOCK:
        found = kept.pop(key, None)
    if found is None:
        found = OperatorRows(
            atom, tuple(atom.answer(snapshot, arguments, tick)), snapshot.particles
        )
    with _LOCK:
        kept[key] = found
        while len(kept) > _KEPT:
            del kept[next(iter(kept))]
    return found
