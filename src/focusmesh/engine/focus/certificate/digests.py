"""The order of particles in a certificate: ascending by the digests of their names.

Definition: docs/reference/certificate-format.md.

The digest of a str is BLAKE3 of ``s`` and its UTF-8, of an int ``i`` and its decimal digits, of bytes ``b`` and the
bytes; other names have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, even_chunks, run
from focusmesh.errors import CertificateError
from focusmesh.ids import DIGEST_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.links import Names
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

_SHORT = 64
"""Bytes that are one block of the hash."""
_INTEGER_KINDS = ("range", "integers")
_INTEGER_WIDTH = 21
_CHUNK = 1 << 14


def name_digest(name: Hashable) -> bytes:
    """The 32-byte digest of one name; raises CertificateError ("names") for a type that has none."""
    return digest(_spelt(name))


def name_digests(names: Names) -> ByteArray:
    """Digests of all names, shape (n, 32); raises CertificateError as ``name_digest``. O(bytes of all names)."""
    if len(names) >= COMPILED_FROM_LINKS:
        return _many_digests(names)
    joined = b"".join([name_digest(name) for name in names])
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def spelt_digests(text: ByteArray, start: OffsetArray, length: OffsetArray) -> ByteArray:
    """Digests of names that are spelt out (a letter for the type, then the name), shape (n, 32). O(bytes)."""
    if len(start) >= COMPILED_FROM_LINKS:
        return _hash_texts(text, start, length)
    raw = text.tobytes()
    spans = zip(start.tolist(), length.tolist(), strict=True)
    joined = b"".join([digest(raw[first : first + count]) for first, count in spans])
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _many_digests(names: Names) -> ByteArray:
    """The same by compiled loops, for names that are short."""
    return _hash_texts(*(_integers(names) if names.kind in _INTEGER_KINDS else _texts(names)))


def _hash_texts(text: ByteArray, start: OffsetArray, length: OffsetArray) -> ByteArray:
    from focusmesh.engine.focus.certificate.digests_compiled import hash_short

    digests = np.empty((len(start), DIGEST_BYTES // 4), dtype="<u4")
    short = np.minimum(length, _SHORT)
    run(lambda span: hash_short(text, start, short, span, digests), even_chunks(len(start), _CHUNK))
    rows = digests.view(np.uint8)
    for i in np.flatnonzero(length > _SHORT):
        long = text[start[i] : start[i] + length[i]].tobytes()
        rows[i] = np.frombuffer(digest(long), dtype=np.uint8)
    return rows


def _integers(names: Names) -> tuple[ByteArray, OffsetArray, OffsetArray]:
    """What is hashed of each integer: bytes of all, where each starts, how many it has."""
    from focusmesh.engine.focus.certificate.digests_compiled import spell_integers

    count, ranged = len(names), names.kind == "range"
    values = np.arange(count, dtype=np.int64) if ranged else cast("Any", names).values
    text = np.empty(_INTEGER_WIDTH * len(names), dtype=np.uint8)
    length = np.empty(len(names), dtype=np.int64)
    run(
        lambda span: spell_integers(values, _INTEGER_WIDTH, span, text, length),
        even_chunks(len(names), _CHUNK),
    )
    return text, _INTEGER_WIDTH * np.arange(len(names), dtype=np.int64), length


def _texts(names: Names) -> tuple[ByteArray, OffsetArray, OffsetArray]:
    """The same of any names."""
    spelt = [_spelt(name) for name in names]
    length = np.fromiter(map(len, spelt), dtype=np.int64, count=len(spelt))
    text = np.frombuffer(b"".join(spelt), dtype=np.uint8)
    return text, np.cumsum(length) - length, length


def digest_order(digests: ByteArray) -> IndexArray:
    """Indices of the digests in ascending byte order; raises CertificateError where two are equal."""
    words = np.ascontiguousarray(digests).view(">u8").astype(np.uint64)
    order = np.argsort(words[:, 0], kind="stable").astype(np.uint32)
    first = words[order, 0]
    if np.any(first[1:] == first[:-1]):
        order = np.lexsort(words.T[::-1]).astype(np.uint32)
        sorted_words = words[order]
        twice = np.flatnonzero(np.all(sorted_words[1:] == sorted_words[:-1], axis=1))
        if len(twice):
            raise CertificateError(
                "names",
                f"particles {order[twice[0]]} and {order[twice[0] + 1]} have the same digest",
            )
    return order


def digest_of_all(digests: ByteArray, order: IndexArray) -> bytes:
    """BLAKE3 of all digests in ascending order: it names the set of particles."""
    return digest(digests[order].tobytes())


def _spelt(name: Hashable) -> bytes:
    if type(name) is str:
        try:
            return b"s" + name.encode("utf-8")
        except UnicodeEncodeError as error:
            raise CertificateError(
                "names", f"particle {name!r} is not Unicode text and so has no digest; rename it"
            ) from error
    if type(name) is int:
        return b"i%d" % name
    if type(name) is bytes:
        return b"b" + name
    raise CertificateError(
        "names",
        f"particle {name!r} is a {type(name).__name__}; only str, int and bytes have digests",
    )
