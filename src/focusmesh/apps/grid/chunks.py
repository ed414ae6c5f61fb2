"""Parts of a content under its BLAKE3 digest: a few chunks of 1,024 bytes, and the nodes beside their way to the root.

BLAKE3 is a Merkle tree over chunks (https://github.com/BLAKE3-team/BLAKE3-specs, sections 2.1 to 2.5), so the digest
that names a content proves each part of it, and nothing has to be stored for that. The library computes digests alone;
the nodes inside come from here, all of a level side by side.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from focusmesh.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHUNK_BYTES = 1_024
_CHUNKS_MAX = 1 << 32
_BLOCK_BYTES = 64
_START, _END, _PARENT, _ROOT = 1, 2, 4, 8
_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB)
_KEY = np.array([*_IV, 0x5BE0CD19], dtype=np.uint32)
_ORDER = np.array([2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8])
_ROUNDS = 7

Words = NDArray[np.uint32]


class ChunksProof(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Chunks of a content by number, ascending; then the nodes beside their ways, a level after the other, left first.

    A node has 32 bytes.
    """

    size_bytes: int
    numbers: tuple[int, ...]
    chunks: tuple[bytes, ...]
    nodes: tuple[bytes, ...]


def prove_chunks(content: bytes, numbers: Iterable[int]) -> ChunksProof:
    """The proof of these chunks, from 0, of a content. Raises ProofError ``"chunk"``. O(len(content))."""
    wanted = tuple(sorted(set(numbers)))
    _verify_numbers(wanted, len(content))
    chunks = _cut(content)
    level = _chunk_nodes(chunks, range(len(chunks)), is_root=len(chunks) == 1)
    nodes: list[bytes] = []
    on_way: Sequence[int] = wanted
    while len(level) > 1:
        nodes += [level[at].tobytes() for at in _beside(on_way, len(level))]
        paired = len(level) - len(level) % 2
        parents = _parents(level[:paired:2], level[1:paired:2], is_root=len(level) == 2)
        level = np.concatenate([parents, level[paired:]])
        on_way = _above(on_way)
    return ChunksProof(len(content), wanted, tuple(chunks[at] for at in wanted), tuple(nodes))


def verify_chunks(proof: ChunksProof, digest: bytes) -> dict[int, bytes]:
    """The chunks by number. Raises ProofError (``"chunk"``, ``"path"``, ``"root"``) unless the content has them.

    The size in bytes is proved where the last chunk is among them. O(chunks in the proof + log of all).
    """
    _verify_numbers(proof.numbers, proof.size_bytes)
    count = _chunk_count(proof.size_bytes)
    lengths = [min(CHUNK_BYTES, proof.size_bytes - at * CHUNK_BYTES) for at in proof.numbers]
    if [len(chunk) for chunk in proof.chunks] != lengths:
        raise ProofError("chunk", f"chunks {proof.numbers} must have {lengths} bytes")
    level = _chunk_nodes(proof.chunks, proof.numbers, is_root=count == 1)
    known, given = dict(zip(proof.numbers, level, strict=True)), iter(proof.nodes)
    while count > 1:
        for at in _beside(sorted(known), count):
            known[at] = _node(next(given, b""))
        above = _above(sorted(known))
        pairs = [at for at in above if 2 * at + 1 < count]
        left, right = (
            np.array([known[2 * at + side] for at in pairs], dtype=np.uint32).reshape(-1, 8)
            for side in (0, 1)
        )
        parents = dict(zip(pairs, _parents(left, right, is_root=count == 2), strict=True))
        known = {at: parents[at] if at in parents else known[2 * at] for at in above}
        count = (count + 1) // 2
    if next(given, None) is not None:
        raise ProofError("path", f"chunks {proof.numbers} come with more nodes than they need")
    if known[0].tobytes() != digest:
        raise ProofError("root", f"chunks {proof.numbers} are not of the content {digest.hex()}")
    return dict(zip(proof.numbers, proof.chunks, strict=True))


def _verify_numbers(numbers: Sequence[int], size_bytes: int) -> None:
    count = _chunk_count(size_bytes)
    if count > _CHUNKS_MAX:
        raise ProofError("chunk", f"{size_bytes} bytes have more chunks than are proved here")
    ascending = all(first < second for first, second in pairwise(numbers))
    if not numbers or not ascending or numbers[0] < 0 or numbers[-1] >= count:
        raise ProofError(
            "chunk", f"{size_bytes} bytes have chunks 0 … {count - 1}; asked for {numbers}"
        )


def _chunk_count(size_bytes: int) -> int:
    return max(1, -(-size_bytes // CHUNK_BYTES))


def _cut(content: bytes) -> list[bytes]:
    return [
        content[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES]
        for at in range(_chunk_count(len(content)))
    ]


def _beside(on_way: Sequence[int], count: int) -> list[int]:
    """Of ``count`` nodes of a level, those that are missing for the parents of the ones on the way."""
    have = set(on_way)
    return [at ^ 1 for at in sorted(have) if at ^ 1 not in have and at ^ 1 < count]


def _above(on_way: Sequence[int]) -> list[int]:
    return sorted({at // 2 for at in on_way})


def _node(data: bytes) -> Words:
    if len(data) != 4 * len(_KEY):
        raise ProofError("path", f"a node of the proof has {len(data)} bytes, not {4 * len(_KEY)}")
    return np.frombuffer(data, dtype="<u4")


def _parents(left: Words, right: Words, *, is_root: bool) -> Words:
    """(n, 8) words for pairs of nodes."""
    message = np.concatenate([left, right], axis=1).T
    count = len(left)
    flags = np.full(count, _PARENT | (_ROOT if is_root else 0), dtype=np.uint32)
    zeros = np.zeros(count, dtype=np.uint32)
    chain = np.repeat(_KEY[:, None], count, axis=1)
    return _compress(chain, message, zeros, zeros + np.uint32(_BLOCK_BYTES), flags).T


def _chunk_nodes(chunks: Sequence[bytes], numbers: Sequence[int], *, is_root: bool) -> Words:
    """(n, 8) words: one node for each chunk, whose numbers are bound by it."""
    blocks = CHUNK_BYTES // _BLOCK_BYTES
    data = b"".join(chunk.ljust(CHUNK_BYTES, b"\0") for chunk in chunks)
    messages = np.frombuffer(data, dtype="<u4").reshape(len(chunks), blocks, 16)
    lengths = np.array([len(chunk) for chunk in chunks], dtype=np.int64)
    last = np.maximum(-(-lengths // _BLOCK_BYTES), 1) - 1
    counters = np.array(list(numbers), dtype=np.uint32)
    chain = np.repeat(_KEY[:, None], len(chunks), axis=1)
    for block in range(int(last.max()) + 1):
        sizes = np.clip(lengths - block * _BLOCK_BYTES, 0, _BLOCK_BYTES).astype(np.uint32)
        flags = np.where(last == block, _END | (_ROOT if is_root else 0), 0).astype(np.uint32)
        if block == 0:
            flags |= np.uint32(_START)
        after = _compress(chain, messages[:, block].T, counters, sizes, flags)
        chain = np.where(block <= last, after, chain)
    return chain.T.copy()


def _compress(chain: Words, message: Words, counters: Words, sizes: Words, flags: Words) -> Words:
    """The compression function of n messages: chain (8, n), message (16, n) → (8, n)."""
    start = np.repeat(_KEY[:4, None], chain.shape[1], axis=1)
    high = np.zeros_like(counters)  # of a counter; there are fewer than 2³² chunks
    rows = [chain[:4], chain[4:], start, np.stack([counters, high, sizes, flags])]
    for _ in range(_ROUNDS):
        _mix(rows, message[0:8:2], message[1:8:2])
        rows[1:] = [np.roll(row, -at, axis=0) for at, row in enumerate(rows[1:], 1)]
        _mix(rows, message[8::2], message[9::2])
        rows[1:] = [np.roll(row, at, axis=0) for at, row in enumerate(rows[1:], 1)]
        message = message[_ORDER]
    return np.concatenate([rows[0] ^ rows[2], rows[1] ^ rows[3]])


def _mix(rows: list[Words], first: Words, second: Words) -> None:
    """Four quarter rounds at once."""
    a, b, c, d = rows
    for word, by, then in ((first, 16, 12), (second, 8, 7)):
        a = a + b + word
        d = _rotate_right(d ^ a, by)
        c = c + d
        b = _rotate_right(b ^ c, then)
    rows[:] = a, b, c, d


def _rotate_right(words: Words, by: int) -> Words:
    """Rotated to the right by ``by`` bits."""
    return (words >> np.uint32(by)) | (words << np.uint32(32 - by))
