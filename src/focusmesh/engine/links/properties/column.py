"""The values of one key and one kind, and the index by which equal ones are found."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.links.properties.values import PropertyValue, encode_value
from focusmesh.errors import DamagedFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

NUMBER_TYPES: dict[str, npt.DTypeLike] = {
    "bool": np.uint8,
    "integer": np.int64,
    "float": np.float64,
}
"""How kinds of values that have a fixed size are kept."""
_COMPARED_ONE_BY_ONE = 64
"""Up to so many values that hash alike are compared one by one."""


class ValueBlocks(NamedTuple):
    """Values of any length: value ``i`` is ``blob[ends[i-1]:ends[i]]``."""

    blob: ByteArray
    ends: OffsetArray

    def __len__(self) -> int:
        return len(self.ends)

    @staticmethod
    def of(values: Iterable[bytes]) -> ValueBlocks:
        """The values one after the other."""
        listed = list(values)
        ends = np.cumsum(np.array([len(value) for value in listed], dtype=np.int64))
        return ValueBlocks(np.frombuffer(b"".join(listed), dtype=np.uint8), ends.astype(np.int64))

    def starts(self, places: npt.NDArray[np.int64]) -> OffsetArray:
        """Where the values at ``places`` begin. O(places)."""
        found: OffsetArray = np.where(places > 0, self.ends[places - 1], 0)
        return found

    def value(self, at: int) -> bytes:
        """One value."""
        return self.blob[self.ends[at - 1] if at else 0 : self.ends[at]].tobytes()

    def take(self, places: npt.NDArray[np.int64]) -> ValueBlocks:
        """The values at ``places``. O(their bytes)."""
        starts = self.starts(places)
        lengths = self.ends[places] - starts
        ends = np.cumsum(lengths).astype(np.int64)
        shift = np.repeat(starts - (ends - lengths), lengths)
        return ValueBlocks(self.blob[np.arange(len(shift)) + shift], ends)

    def join(self, other: ValueBlocks) -> ValueBlocks:
        """The values of both."""
        shift = self.ends[-1] if len(self.ends) else 0
        blob = np.concatenate((self.blob[: int(shift)], other.blob))
        return ValueBlocks(blob, np.concatenate((self.ends, other.ends + shift)))


class PropertyColumn:
    """``n`` values of one kind: ``owners`` (uint32, ascending, each once) index particles or links.

    ``values`` are int64, float64 or uint8 of shape (n,), or ``ValueBlocks`` of text or bytes. Nothing in it changes;
    what ``owners_of`` looks values up in is made at the first question: O(n log n), 16 bytes a value.
    """

    def __init__(
        self, kind: str, owners: IndexArray, values: npt.NDArray[Any] | ValueBlocks
    ) -> None:
        self.kind = kind
        self.owners = owners
        self.values = values

    @staticmethod
    def of(kind: str, values: dict[int, PropertyValue]) -> PropertyColumn:
        """A column of values by owner. O(n log n)."""
        listed = sorted(values.items())
        owners = np.array([owner for owner, _ in listed], dtype=np.uint32)
        only = [value for _, value in listed]
        if kind in NUMBER_TYPES:
            return PropertyColumn(kind, owners, np.array(only, dtype=NUMBER_TYPES[kind]))
        return PropertyColumn(
            kind,
            owners,
            ValueBlocks.of(encode_value(value) for value in only if isinstance(value, str | bytes)),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Without the index: texts hash otherwise in another process."""
        return {name: getattr(self, name) for name in ("kind", "owners", "values")}

    def __len__(self) -> int:
        return len(self.owners)

    def place(self, owner: int) -> int | None:
        """Where the value of ``owner`` is, None where it has none here. O(log n)."""
        # Of the array's own type: another one would have all of it converted.
        at = int(np.searchsorted(self.owners, np.uint32(owner)))
        return at if at < len(self.owners) and int(self.owners[at]) == owner else None

    def value(self, at: int) -> PropertyValue:
        """The value in a place. Raises DamagedFileError for text of a file that is not UTF-8."""
        if isinstance(self.values, ValueBlocks):
            raw = self.values.value(at)
            if self.kind == "bytes":
                return raw
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise DamagedFileError(
                    f"the property value {raw[:40]!r} is not UTF-8; make its file anew"
                ) from error
        found: PropertyValue = self.values[at].item()
        return bool(found) if self.kind == "bool" else found

    def items(self) -> Iterator[tuple[int, PropertyValue]]:
        """Owners and their values, owners ascending."""
        return zip(self.owners.tolist(), map(self.value, range(len(self))), strict=True)

    def owners_of(self, value: PropertyValue) -> IndexArray:
        """Owners of the values that equal ``value``, which is of this kind; ascending. O(log n + found)."""
        hashes, order = self._index
        wanted = _hash(value)
        span = slice(np.searchsorted(hashes, wanted), np.searchsorted(hashes, wanted, side="right"))
        places = order[span]
        if isinstance(self.values, ValueBlocks) and isinstance(value, str | bytes):
            places = _alike(self.values, places, encode_value(value))
        return self.owners[places]

    @cached_property
    def _index(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        if isinstance(self.values, ValueBlocks):
            raw, ends = self.values.blob.tobytes(), self.values.ends.tolist()
            spans = zip([0, *ends[:-1]], ends, strict=False)
            hashes = np.array([hash(raw[start:end]) for start, end in spans], dtype=np.int64).view(
                np.uint64
            )
        elif self.kind == "float":
            hashes = (self.values + 0.0).view(np.uint64)
        else:
            hashes = self.values.astype(np.int64).view(np.uint64)
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    def take(self, places: npt.NDArray[np.int64], owners: IndexArray) -> PropertyColumn:
        """The values at ``places``, of ``owners``, which ascend."""
        values = self.values
        some = values.take(places) if isinstance(values, ValueBlocks) else values[places]
        return PropertyColumn(self.kind, owners, some)

    def without(self, owners: npt.NDArray[np.uint32]) -> PropertyColumn:
        """This column but for the values of ``owners``. O(n)."""
        kept = np.flatnonzero(~np.isin(self.owners, owners))
        return self if len(kept) == len(self) else self.take(kept, self.owners[kept])

    def join(self, other: PropertyColumn) -> PropertyColumn:
        """The values of both, which have no owner in common. O(n log n)."""
        owners = np.concatenate((self.owners, other.owners))
        order = np.argsort(owners, kind="stable")
        values: Any = (
            self.values.join(other.values)
            if isinstance(self.values, ValueBlocks) and isinstance(other.values, ValueBlocks)
            else np.concatenate((self.values, other.values))
        )
        return PropertyColumn(self.kind, owners, values).take(order, owners[order])

    def move(self, place: npt.NDArray[np.int64]) -> PropertyColumn:
        """The values of owner ``i`` for owner ``place[i]``, −1 for none; of several the first stays. O(n log n)."""
        owners = place[self.owners]
        kept = np.flatnonzero(owners >= 0)
        found, first = np.unique(owners[kept], return_index=True)
        return self.take(kept[first], found.astype(np.uint32))


def _hash(value: PropertyValue) -> np.uint64:
    if isinstance(value, str | bytes):
        number: Any = np.int64(hash(encode_value(value)))
    else:
        number = np.float64(value + 0.0) if isinstance(value, float) else np.int64(value)
    made: np.uint64 = number.view(np.uint64)
    return made


def _alike(
    values: ValueBlocks, places: npt.NDArray[np.int64], wanted: bytes
) -> npt.NDArray[np.int64]:
    """Those of ``places`` whose value is ``wanted``: others may have its hash."""
    starts = values.starts(places)
    same = values.ends[places] - starts == len(wanted)
    places, starts = places[same], starts[same]
    if len(places) <= _COMPARED_ONE_BY_ONE or len(wanted) > _COMPARED_ONE_BY_ONE:
        return places[[values.value(at) == wanted for at in places.tolist()]]
    for letter, byte in enumerate(wanted):
        same = values.blob[starts + letter] == byte
        places, starts = places[same], starts[same]
    return places
