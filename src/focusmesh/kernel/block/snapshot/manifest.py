"""What a snapshot of a state consists of: the hash of every page, which lead to the roots of one header.

Pages are numbered: particles, values of the focus, subtrees of the state, parts of long rows; then contents, whose
pages follow from the claims in the state and are in no manifest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import PARTICLES_A_PAGE, VALUES_A_PAGE
from focusmesh.kernel.state import (
    AUTHORS,
    ROW_PREFIX,
    MerkleTree,
    RowValue,
    decode_cut,
    decode_proof,
    root_of_cut,
    verify_membership,
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import PageOfLeaves

MANIFEST_BYTES_MAX = 1 << 20
PARTICLES_AT_ONCE = 1_024 * PARTICLES_A_PAGE
"""Digests in a page of particles: 512 KiB."""
VALUES_AT_ONCE = 128 * VALUES_A_PAGE
"""Values in a page of the focus: 512 KiB."""
_ITEMS_MAX = MANIFEST_BYTES_MAX // 16
"""A row is five items, the least of them with a source and a part of 66 bytes."""
_VERSION = 1
_DEPTH_BYTES = 2
_PART_BYTES = _DEPTH_BYTES + DIGEST_BYTES


class LongRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A row with pages of its own: its source and value, the proof of it under the state root, and its ``parts``.

    A part is the bits of its prefix (u16) and the hash of its subtree of the authors tree: 34 bytes, in order.
    """

    source: bytes
    value: bytes
    proof: bytes
    parts: bytes


class Part(NamedTuple):
    """Links of a row under a prefix of ``depth`` bits of their keys."""

    row: int
    depth: int
    hash: bytes


class Manifest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The hashes of all pages; ``particles`` and ``values`` 32 bytes each, ``state`` as ``encode_cut`` has them."""

    version: int
    header: bytes
    particles: bytes
    values: bytes
    state: bytes
    rows: tuple[LongRow, ...]

    def encode(self) -> bytes:
        """A dag-cbor array."""
        return encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """Raises ProofError ("snapshot-manifest") for anything else."""
        try:
            fields = decode(data, bytes_max=MANIFEST_BYTES_MAX, items_max=_ITEMS_MAX)
            manifest = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise _wrong(f"these {len(data)} bytes are none: {error}") from error
        if manifest.version != _VERSION:
            raise _wrong(
                f"version {manifest.version} is not known; this focusmesh reads {_VERSION}"
            )
        return manifest


class ManifestPages:
    """A manifest that was held against its header: which page has which number, and what it has to hash to."""

    def __init__(self, manifest: Manifest, header: Header) -> None:
        """Raises ProofError ("snapshot-manifest", or what is wrong with the proof of a row). O(pages)."""
        if manifest.header != header.encode():
            raise _wrong("it is of another block")
        certificate = header.focus_certificate
        self.particle_count = certificate.particles if certificate else 0
        self.header = header
        self.particles = _hashes(manifest.particles, self.particle_count, PARTICLES_AT_ONCE)
        self.values = _hashes(manifest.values, self.particle_count, VALUES_AT_ONCE)
        if certificate is not None:
            if certificate.height != header.height:
                raise _wrong("its block carries no focus of its own")
            _same_root(self.particles, certificate.particles_root, "particles")
            _same_root(self.values, header.focus_root, "values")
        cut = decode_cut(manifest.state)
        if root_of_cut(cut) != header.state_root:
            raise _wrong("its pages of the state do not lead to the state root")
        self.leaves: list[PageOfLeaves] = [page for page in cut if not page.is_empty]
        self.rows = manifest.rows
        self.parts = [
            part for at, row in enumerate(self.rows) for part in self._verify_row(at, row)
        ]
        self.first_value = len(self.particles)
        self.first_leaves = self.first_value + len(self.values)
        self.first_part = self.first_leaves + len(self.leaves)
        self.first_content = self.first_part + len(self.parts)

    def _verify_row(self, at: int, row: LongRow) -> list[Part]:
        key = ROW_PREFIX + row.source
        verify_membership(self.header.state_root, decode_proof(row.proof), key, row.value)
        parts = [
            Part(
                at,
                int.from_bytes(row.parts[start : start + _DEPTH_BYTES], "big"),
                row.parts[start + _DEPTH_BYTES : start + _PART_BYTES],
            )
            for start in range(0, len(row.parts), _PART_BYTES)
        ]
        if _fold(parts) != RowValue.decode(row.value).authors_root:
            raise _wrong(f"parts of row {row.source.hex()} do not lead to its links")
        return [part for part in parts if part.hash != bytes(DIGEST_BYTES)]


def encode_parts(parts: list[tuple[int, bytes]]) -> bytes:
    """Depths and hashes of a row's parts."""
    return b"".join(depth.to_bytes(_DEPTH_BYTES, "big") + node for depth, node in parts)


def _fold(parts: list[Part]) -> bytes:
    """The node that subtrees in order lead to: two neighbours of one depth are below the same node."""
    # What is open: (depth, node) of left sides whose right side is still to come.
    opened: list[tuple[int, bytes]] = []
    for part in parts:
        depth, node = part.depth, part.hash
        if opened and (depth < opened[-1][0] or not depth):
            raise _wrong("the parts of a row are out of order")
        while opened and opened[-1][0] == depth:
            node, depth = AUTHORS.inner(opened.pop()[1], node), depth - 1
        opened.append((depth, node))
    if len(opened) != 1 or opened[0][0]:
        raise _wrong("the parts of a row are not all of it")
    return opened[0][1]


def _hashes(data: bytes, count: int, per_page: int) -> list[bytes]:
    if len(data) != -(-count // per_page) * DIGEST_BYTES:
        raise _wrong(f"it has not the pages of {count:,} particles")
    return [data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES)]


def _same_root(hashes: list[bytes], root: bytes, what: str) -> None:
    leaves = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
    if MerkleTree(leaves).root != root:
        raise _wrong(f"its pages of {what} do not lead to their root")


def _wrong(what: str) -> ProofError:
    return ProofError("snapshot-manifest", f"the manifest of a snapshot: {what}")
