"""The names of some particles out of many, in the tightest layout that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.links import Names, names_to_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray


def names_taken(names: Names, which: IndexArray) -> Names:
    """The names at these indices; their layout depends on these names alone."""
    if not len(which):
        return Names.texts([])
    if names.kind == "range":
        return Names.integers(which.astype(np.int64))
    if names.kind == "integers":
        values = cast("Any", names).values
        return Names.integers(np.ascontiguousarray(values[which]))
    if names.kind == "text":
        texts = cast("Any", names)
        return Names.text(*gathered_text(texts.blob, texts.ends, which))
    return Names.of([names[at] for at in which.tolist()])


def gathered_text(
    blob: ByteArray, ends: OffsetArray, which: IndexArray | OffsetArray
) -> tuple[ByteArray, OffsetArray]:
    """Blob and ends of the texts at these places. O(their bytes)."""
    places = which.astype(np.int64)
    stops = ends[places]
    starts = np.where(places > 0, ends[places - 1], 0)
    return gather_runs(blob, starts, stops - starts)


def gather_runs(
    values: npt.NDArray[Any], starts: OffsetArray, lengths: OffsetArray
) -> tuple[npt.NDArray[Any], OffsetArray]:
    """The runs ``values[starts[i] : starts[i] + lengths[i]]`` one after the other, and where each ends."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    entry = np.repeat(starts - (ends - lengths), lengths)
    entry += np.arange(total)
    return values[entry], ends.astype(np.int64)


def names_joined(parts: Sequence[Names]) -> Names:
    """The names of several parts, one after the other."""
    filled = [names for names in parts if len(names)]
    if not filled:
        return Names.texts([])
    kinds = {names.kind for names in filled}
    if kinds <= {"range", "integers"}:
        arrays = [names_to_arrays("names", names) for names in filled]
        return Names.integers(np.concatenate([_integers(each) for each in arrays]))
    if kinds == {"text"}:
        texts = [cast("Any", names) for names in filled]
        shifts = np.cumsum([0, *(len(text.blob) for text in texts)])
        ends = [text.ends + shift for text, shift in zip(texts, shifts[:-1], strict=True)]
        return Names.text(np.concatenate([text.blob for text in texts]), np.concatenate(ends))
    return Names.of([name for names in filled for name in names])


def _integers(arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    if "names.count" in arrays:
        return np.arange(int(arrays["names.count"][0]), dtype=np.int64)
    return arrays["names.integers"]
