"""Names to dense indices, in the order in which names first appear.

Two interners with the same answers: DictInterner for small inputs, TableInterner (compiled, open addressing) for large
ones. Both hold every name as the bytes that were read; when all of them are canonical decimal integers that fit
int64 (no leading zeros, no plus, no ``-0``), the names are integers, otherwise text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.links.names.names import Names
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

MOST_NAMES = 2**32 - 1
_CANONICAL_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,18}")
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Tokens:
    """``m`` names as spans of a buffer: name ``i`` is ``buffer[starts[i]:ends[i]]`` (int64, shape (m,)).

    ``integers`` holds their values where all of them are known to be canonical integers.
    """

    buffer: ByteArray
    starts: OffsetArray
    ends: OffsetArray
    integers: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @staticmethod
    def of(names: Sequence[bytes]) -> Tokens:
        """Tokens of separate byte strings, laid one after the other."""
        ends = np.cumsum(np.fromiter(map(len, names), dtype=np.int64, count=len(names)))
        starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1]))[: len(names)]
        return Tokens(np.frombuffer(b"".join(names), dtype=np.uint8), starts, ends)


class Interner(Protocol):
    """What both interners do."""

    @property
    def all_integers(self) -> bool:
        """Whether every name so far may still turn out to be an integer."""

    def __len__(self) -> int:
        """Distinct names so far."""

    def add(self, tokens: Tokens) -> IndexArray:
        """Index of each token (uint32); raises InputError past 2³² − 1 names."""

    def names(self) -> Names:
        """The names by index: integers or text."""


class DictInterner:
    """A dict of byte strings: no compilation, about 100 bytes a name, a few million tokens a second."""

    def __init__(self) -> None:
        self.known: dict[bytes, int] = {}

    @property
    def all_integers(self) -> bool:
        return self.integers() is not None

    def __len__(self) -> int:
        return len(self.known)

    def add(self, tokens: Tokens) -> IndexArray:
        raw, known = tokens.buffer.tobytes(), self.known
        spans = zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
        found = [known.setdefault(raw[start:end], len(known)) for start, end in spans]
        verify_count(len(known))
        return np.array(found, dtype=np.uint32)

    def integers(self) -> npt.NDArray[np.int64] | None:
        """The values of the names when all of them are canonical integers."""
        values = [integer_of(name) for name in self.known]
        found = [value for value in values if value is not None]
        return np.array(found, dtype=np.int64) if len(found) == len(values) else None

    def names(self) -> Names:
        integers = self.integers()
        if integers is not None:
            return Names.integers(integers)
        tokens = Tokens.of(list(self.known))
        return Names.text(tokens.buffer, tokens.ends)


def integer_of(name: bytes) -> int | None:
    """The value of a canonical decimal integer that fits int64, or None."""
    if _CANONICAL_INTEGER.fullmatch(name) is None:
        return None
    value = int(name)
    return value if _INT64_MIN <= value <= _INT64_MAX else None


def verify_count(count: int) -> None:
    """Raises InputError when ``count`` names do not fit into 32-bit indices."""
    if count > MOST_NAMES:
        raise InputError(f"more than {MOST_NAMES} distinct names: a graph holds at most that many")
