"""The order of particles in a certificate: ascending by the digests of their names (focus.md §5).

The digest of a str is BLAKE3 of ``s`` and its UTF-8, of an int ``i`` and its decimal digits, of bytes ``b`` and the
bytes; other names have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import CertificateError
from focusmesh.ids import DIGEST_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.arrays import ByteArray, IndexArray
    from focusmesh.engine.graph import Names


def name_digest(name: Hashable) -> bytes:
    """The 32-byte digest of one name; raises CertificateError ("names") for a type that has none."""
    return digest(_spelt(name))


def name_digests(names: Names) -> ByteArray:
    """Digests of all names, shape (n, 32)."""
    import blake3

    hashed = blake3.blake3
    joined = b"".join([hashed(_spelt(name)).digest() for name in names])
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


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
                "names", f"particles {order[twice[0]]} and {order[twice[0] + 1]} have one digest"
            )
    return order


def digest_of_all(digests: ByteArray, order: IndexArray) -> bytes:
    """BLAKE3 of all digests in ascending order: it names the set of particles."""
    return digest(np.ascontiguousarray(digests[order]).tobytes())


def _spelt(name: Hashable) -> bytes:
    if type(name) is str:
        try:
            return b"s" + name.encode("utf-8")
        except UnicodeEncodeError as error:
            raise CertificateError(
                "names", f"particle {name!r} is no Unicode text and so has no digest; rename it"
            ) from error
    if type(name) is int:
        return b"i%d" % name
    if type(name) is bytes:
        return b"b" + name
    raise CertificateError(
        "names",
        f"particle {name!r} is a {type(name).__name__}; only str, int and bytes have digests",
    )
