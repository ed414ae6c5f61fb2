"""Names as sections of a graph file, in the layout that they have in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.file.checks import InconsistentError, array_of_type, check_offsets
from focusmesh.engine.links.names.names import (
    DigestNames,
    IntegerNames,
    Names,
    ObjectNames,
    RangeNames,
    TextNames,
)
from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links.file.checks import Arrays


def names_to_arrays(prefix: str, names: Names) -> dict[str, npt.NDArray[Any]]:
    if isinstance(names, RangeNames):
        return {f"{prefix}.count": np.array([len(names)], dtype=np.int64)}
    if isinstance(names, IntegerNames):
        return {f"{prefix}.integers": names.values}
    if isinstance(names, TextNames):
        return {f"{prefix}.blob": names.blob, f"{prefix}.ends": names.ends}
    if isinstance(names, DigestNames):
        return {f"{prefix}.digests": names.digests}
    listed = list(names)
    if all(type(name) is str for name in listed):
        return names_to_arrays(prefix, Names.texts(str(name) for name in listed))
    for name in listed:
        if not isinstance(name, str | int | bytes) or isinstance(name, bool):
            raise InputError(
                f"{prefix}: the name {name!r} ({type(name).__name__}) cannot be saved; "
                "a file holds names that are str, int or bytes"
            )
    import msgspec

    try:
        packed = msgspec.msgpack.encode([[type(name).__name__, name] for name in listed])
    except (OverflowError, UnicodeEncodeError) as error:
        raise InputError(f"{prefix}: a name cannot be saved: {error}") from error
    return {f"{prefix}.mixed": np.frombuffer(packed, dtype=np.uint8)}


def names_from_arrays(prefix: str, arrays: Arrays) -> Names | None:
    if f"{prefix}.count" in arrays:
        count = array_of_type(arrays, f"{prefix}.count", "<i8")
        if len(count) != 1 or count[0] < 0:
            raise InconsistentError(f"{prefix}.count is not a count")
        return Names.range(int(count[0]))
    if f"{prefix}.integers" in arrays:
        return IntegerNames(array_of_type(arrays, f"{prefix}.integers", "<i8"))
    if f"{prefix}.ends" in arrays:
        blob = array_of_type(arrays, f"{prefix}.blob", "|u1")
        ends = array_of_type(arrays, f"{prefix}.ends", "<i8")
        check_offsets(f"{prefix}.ends", ends, len(blob))
        return TextNames(blob, ends)
    if f"{prefix}.digests" in arrays:
        digests = array_of_type(arrays, f"{prefix}.digests", "|u1", 2)
        if digests.shape[1] != DIGEST_BYTES:
            raise InconsistentError(f"{prefix}.digests has shape {digests.shape}")
        return DigestNames(digests)
    if f"{prefix}.mixed" in arrays:
        return _mixed_names(prefix, arrays)
    return None


def _mixed_names(prefix: str, arrays: Arrays) -> Names:
    import msgspec

    packed = array_of_type(arrays, f"{prefix}.mixed", "|u1").tobytes()
    try:
        pairs = msgspec.msgpack.decode(packed, type=list[tuple[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InconsistentError(f"{prefix}.mixed cannot be read: {error}") from error
    for kind, name in pairs:
        if type(name) not in (str, int, bytes):
            raise InconsistentError(f"{prefix}.mixed has a name of type {kind!r}")
    return ObjectNames([name for _, name in pairs])
