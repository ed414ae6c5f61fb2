"""Immutable sequences of names: what particles, relations and authors are called.

Index ``i`` of the sequence is the index that the arrays of a graph use. Four layouts hold the names in as
few bytes as they allow: integers (a range, or int64), UTF-8 text in one block, 32-byte digests, any objects.
"""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from focusmesh.errors import DamagedFileError, InputError, UnknownParticleError
from focusmesh.ids import DIGEST_BYTES, from_cid, is_cid, to_cid

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_CLOSE_NAMES_SEARCHED = 200_000
_SCANS_MAX = 32
"""So many names are looked for one by one before a table of all is worth making."""


class Names(Sequence[Hashable]):
    """Names of ``len(self)`` distinct things, by index and by name.

    ``names[i]`` is O(1); ``names.index(name)`` is O(1) after the first look-up, which may cost O(n).
    """

    kind: str

    def __init__(self) -> None:
        self._lookup: dict[Hashable, int] | None = None

    @staticmethod
    def of(names: Iterable[Hashable]) -> Names:
        """The tightest layout for ``names``; raises InputError when one occurs twice, and for no list."""
        if isinstance(names, str | bytes) or not isinstance(names, Iterable):
            raise InputError(f"names are a list, one a particle, not {names!r:.80}")
        listed = [_plain(name) for name in names]
        if listed and all(type(name) is int and _fits(name) for name in listed):
            made: Names = Names.integers(np.array(listed, dtype=np.int64))
        elif listed and all(type(name) is bytes and len(name) == DIGEST_BYTES for name in listed):
            joined = b"".join(name for name in listed if isinstance(name, bytes))
            made = DigestNames(np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES))
        else:
            made = ObjectNames(listed)
        made.verify_distinct()
        return made

    @staticmethod
    def range(count: int) -> Names:
        """The integers 0 … count − 1; takes no memory."""
        return RangeNames(count)

    @staticmethod
    def integers(values: npt.NDArray[np.int64]) -> Names:
        """Distinct integers (int64, any order)."""
        if len(values) and values[0] == 0 and np.array_equal(values, np.arange(len(values))):
            return RangeNames(len(values))
        return IntegerNames(values)

    @staticmethod
    def text(blob: ByteArray, ends: OffsetArray) -> Names:
        """UTF-8 names: name ``i`` is ``blob[ends[i-1]:ends[i]]`` (from 0 for the first)."""
        return TextNames(blob, ends)

    @staticmethod
    def texts(texts: Iterable[str]) -> Names:
        """Strings in one UTF-8 block, equal ones allowed: for the texts of particles."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum(np.array([len(text) for text in encoded], dtype=np.int64))
        return TextNames(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends.astype(np.int64))

    @overload
    def __getitem__(self, index: int) -> Hashable: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Hashable]: ...
    def __getitem__(self, index: int | slice) -> Hashable | Sequence[Hashable]:
        if isinstance(index, slice):
            return [self._at(i) for i in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} is outside of {len(self)} names")
        return self._at(position)

    def __iter__(self) -> Iterator[Hashable]:
        return (self._at(i) for i in range(len(self)))

    def __contains__(self, name: object) -> bool:
        return self.find(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_lookup": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> Names:
        return self

    def __repr__(self) -> str:
        shown = ", ".join(repr(name) for name in self[:3])
        return f"<{len(self)} names: {shown}{', …' if len(self) > 3 else ''}>"

    def make_table(self) -> None:
        """Makes what ``find`` looks names up in, before many are. O(n) the first time."""
        self.find("")

    def find(self, name: Any) -> int | None:
        """Index of ``name``, or None."""
        if self._lookup is None:
            self._lookup = {known: i for i, known in enumerate(self)}
        try:
            return self._lookup.get(_plain(name))
        except TypeError:
            # What cannot be hashed names nothing.
            return None

    def index(self, name: Hashable, start: int = 0, stop: int | None = None) -> int:
        """Index of ``name``; raises UnknownParticleError, which lists close names."""
        found = self.find(name)
        if found is None or found < start or (stop is not None and found >= stop):
            raise UnknownParticleError(name, close=self.close(name))
        return found

    def indices(self, names: Iterable[Hashable]) -> IndexArray:
        """Indices of many names, uint32; raises UnknownParticleError at the first unknown one."""
        return np.array([self.index(name) for name in names], dtype=np.uint32)

    def canonical(self, name: Hashable) -> Hashable:
        """How ``name`` would be listed here if it were added."""
        return _plain(name)

    def close(self, name: object, count: int = 3) -> list[str]:
        """Up to ``count`` names spelt like ``name``; empty for very large sets."""
        if not isinstance(name, str) or len(self) > _CLOSE_NAMES_SEARCHED:
            return []
        known = [str(candidate) for candidate in self]
        inside = [text for text in known if name and name.lower() in text.lower()]
        inside.sort(key=lambda text: (len(text), text))
        return (inside or difflib.get_close_matches(name, known, count))[:count]

    def verify_distinct(self) -> None:
        """Raises InputError naming the first name that occurs twice."""
        seen: set[Hashable] = set()
        for name in self:
            if name in seen:
                raise InputError(f"the name {name!r} occurs twice")
            seen.add(name)

    def with_names(self, extra: Sequence[Hashable]) -> Names:
        """These names and ``extra`` after them, in a layout that holds both."""
        return Names.of([*self, *extra]) if extra else self

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes held by the layout itself, without the look-up table; objects count as 8 each."""

    @abstractmethod
    def _at(self, index: int) -> Hashable:
        """The name at a valid index."""


class RangeNames(Names):
    """The integers from 0, stored as their count."""

    kind = "range"

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __len__(self) -> int:
        return self._count

    def _at(self, index: int) -> Hashable:
        return int(index)

    def find(self, name: Hashable) -> int | None:
        whole = _whole(name)
        return whole if whole is not None and 0 <= whole < self._count else None

    def verify_distinct(self) -> None:
        return None

    def with_names(self, extra: Sequence[Hashable]) -> Names:
        if list(extra) == list(range(self._count, self._count + len(extra))):
            return RangeNames(self._count + len(extra))
        return super().with_names(extra)

    @property
    def nbytes(self) -> int:
        return 0


class IntegerNames(Names):
    """int64 names: 8 bytes each; looked up by bisection when they ascend."""

    kind = "integers"

    def __init__(self, values: npt.NDArray[np.int64]) -> None:
        super().__init__()
        self.values = values
        self._ascending: bool | None = None

    def __len__(self) -> int:
        return len(self.values)

    def _at(self, index: int) -> Hashable:
        return int(self.values[index])

    def find(self, name: Hashable) -> int | None:
        plain = _whole(name)
        if plain is None or not _fits(plain):
            return None
        if self._ascending is None:
            self._ascending = bool(np.all(self.values[1:] > self.values[:-1]))
        if not self._ascending:
            return super().find(plain)
        at = int(np.searchsorted(self.values, plain))
        return at if at < len(self.values) and self.values[at] == plain else None

    def verify_distinct(self) -> None:
        ordered = np.sort(self.values)
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if len(twice):
            raise InputError(f"the name {int(ordered[twice[0]])} occurs twice")

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


class TextNames(Names):
    """Strings as one UTF-8 block and int64 ends: 8 bytes and the text each."""

    kind = "text"

    def __init__(self, blob: ByteArray, ends: OffsetArray) -> None:
        super().__init__()
        self.blob = blob
        self.ends = ends
        self._scans = 0

    def __len__(self) -> int:
        return len(self.ends)

    def _at(self, index: int) -> Hashable:
        start = self.ends[index - 1] if index else 0
        return _decode(bytes(self.blob[start : self.ends[index]]))

    def __iter__(self) -> Iterator[Hashable]:
        raw, start = self.blob.tobytes(), 0
        for end in self.ends.tolist():
            yield _decode(raw[start:end])
            start = end

    def find(self, name: Any) -> int | None:
        """By its bytes, so that no name has to be decoded for the table; the first few times without a table."""
        plain = _plain(name)
        if not isinstance(plain, str):
            return None
        if self._lookup is None and self._scans < _SCANS_MAX:
            self._scans += 1
            return self._scan(plain.encode("utf-8", "surrogatepass"))
        self.make_table()
        assert self._lookup is not None
        return self._lookup.get(plain.encode("utf-8", "surrogatepass"))

    def make_table(self) -> None:
        if self._lookup is None:
            raw, ends = self.blob.tobytes(), self.ends.tolist()
            spans = zip([0, *ends[:-1]], ends, strict=False)
            self._lookup = {raw[start:end]: at for at, (start, end) in enumerate(spans)}

    def _scan(self, wanted: bytes) -> int | None:
        """By looking at all names of its length, letter by letter. O(n), a hundredth of what a table takes."""
        alike = np.flatnonzero(np.diff(self.ends, prepend=0) == len(wanted))
        for place, letter in enumerate(wanted, -len(wanted)):
            alike = alike[self.blob[self.ends[alike] + place] == letter]
        return int(alike[-1]) if len(alike) else None

    def with_names(self, extra: Sequence[Hashable]) -> Names:
        if not extra or not all(isinstance(name, str) for name in extra):
            return super().with_names(extra)
        added = Names.texts(str(name) for name in extra)
        if not isinstance(added, TextNames):
            raise InputError("texts are stored as text")
        shift = self.ends[-1] if len(self.ends) else 0
        blob = np.concatenate((self.blob, added.blob))
        return TextNames(blob, np.concatenate((self.ends, added.ends + shift)))

    @property
    def nbytes(self) -> int:
        return self.blob.nbytes + self.ends.nbytes


class DigestNames(Names):
    """32-byte content digests, found by their bytes or by their CIDv1 text."""

    kind = "digests"

    def __init__(self, digests: ByteArray) -> None:
        super().__init__()
        self.digests = digests

    def __len__(self) -> int:
        return len(self.digests)

    def _at(self, index: int) -> Hashable:
        return bytes(self.digests[index])

    def canonical(self, name: Hashable) -> Hashable:
        """The digest that a CIDv1 text names; other names as they are."""
        if isinstance(name, str):
            with suppress(InputError):
                return from_cid(name)
        return super().canonical(name)

    def find(self, name: Hashable) -> int | None:
        return super().find(self.canonical(name))

    @property
    def nbytes(self) -> int:
        return self.digests.nbytes


class ObjectNames(Names):
    """Any hashable objects."""

    kind = "objects"

    def __init__(self, listed: list[Hashable]) -> None:
        super().__init__()
        self._listed = listed

    def __len__(self) -> int:
        return len(self._listed)

    def _at(self, index: int) -> Hashable:
        return self._listed[index]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._listed)

    def find(self, name: Hashable) -> int | None:
        found = super().find(name)  # a digest among texts is found by its CIDv1 text too
        is_cid_text = found is None and isinstance(name, str) and is_cid(name)
        return super().find(from_cid(str(name))) if is_cid_text else found

    @property
    def nbytes(self) -> int:
        return 8 * len(self._listed)


def label(name: Hashable) -> str:
    """How a name is shown to people: digests as CIDv1 text, everything else as its str."""
    if isinstance(name, bytes) and len(name) == DIGEST_BYTES:
        return to_cid(name)
    return str(name)


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"the name {text!r} is not UTF-8; make its file anew") from error


def _plain(name: Hashable) -> Hashable:
    """NumPy scalars as the Python values they stand for, so that 3 and np.int64(3) are one name."""
    if isinstance(name, np.generic):
        item: Hashable = name.item()
        return item
    return name


def _whole(name: Hashable) -> int | None:
    """The integer that ``name`` equals (2.0 and True are names of 2 and 1, as in a dict), or None."""
    plain = _plain(name)
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    return int(plain) if isinstance(plain, int) else None


def _fits(value: int) -> bool:
    return _INT64_MIN <= value <= _INT64_MAX
