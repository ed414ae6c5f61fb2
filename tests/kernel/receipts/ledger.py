"""A ledger in memory of a few plain lines, for receipts: the formats once more, written apart from src."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import FocusParams, ProtocolParams
from focusmesh.ids import digest
from focusmesh.kernel.block.header import FocusCertificate, Header
from focusmesh.kernel.focus import ChainFocus, FocusEdits, leader_pages
from focusmesh.kernel.receipts.paths import Witness
from focusmesh.kernel.state import NO_RELATION, Parameters, Row, merkle_root
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.support.arrays import ByteArray, MassArray, OffsetArray

EMPTY = bytes(32)
DIFFUSION = ProtocolParams.of(FocusParams(diffusion=1.0, springs=0.0, heat=0.0))
Link = tuple[bytes, bytes, bytes, bytes, int, int]
"""Source, target, relation, neuron, amount, height."""


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def number(value: int) -> bytes:
    return value.to_bytes(8, "big")


class SparseTree:
    """A sparse Merkle tree over entries that are all there from the start."""

    def __init__(self, entries: dict[bytes, bytes]) -> None:
        leaves = sorted((sha(key), sha(value)) for key, value in entries.items())
        self.paths = [path for path, _ in leaves]
        self.leaves = leaves
        self._known: dict[tuple[int, int, int], bytes] = {}

    @property
    def root(self) -> bytes:
        return self._node(0, len(self.leaves), 0)

    def _node(self, first: int, stop: int, depth: int) -> bytes:
        if first == stop:
            return EMPTY
        if stop == first + 1:
            return sha(b"\0", *self.leaves[first])
        key = first, stop, depth
        if key not in self._known:
            middle = self._middle(first, stop, depth)
            sides = self._node(first, middle, depth + 1), self._node(middle, stop, depth + 1)
            self._known[key] = sha(b"\1", *sides)
        return self._known[key]

    def _middle(self, first: int, stop: int, depth: int) -> int:
        edge = int.from_bytes(self.paths[first], "big") >> (256 - depth) << 1 | 1
        return bisect_left(self.paths, (edge << (255 - depth)).to_bytes(32, "big"), first, stop)

    def witness(self, key: bytes) -> Witness:
        path, siblings = sha(key), []
        first, stop, depth = 0, len(self.leaves), 0
        while stop > first + 1:
            middle = self._middle(first, stop, depth)
            depth += 1
            if path[(depth - 1) >> 3] & 0x80 >> (depth - 1 & 7):
                siblings.append(self._node(first, middle, depth))
                first = middle
            else:
                siblings.append(self._node(middle, stop, depth))
                stop = middle
        return Witness(path, siblings, self.leaves[first] if first < stop else None)


class TinyLedger:
    """Links by one block under one header; ``evidence`` of it is itself."""

    def __init__(self, links: Sequence[Link], operator: ProtocolParams = DIFFUSION) -> None:
        self.links = sorted(links)
        made = Parameters(
            alpha=operator.alpha, diffusion=operator.diffusion, series=operator.series
        )
        self.parameters = encode(made.as_fields())
        ends = {end for link in links for end in link[:2]}
        self.digests: ByteArray = np.frombuffer(b"".join(sorted(ends)), np.uint8).reshape(-1, 32)
        index = {end: at for at, end in enumerate(sorted(ends))}
        focus = ChainFocus(made.operator, made.residual_limit)
        axons = [
            (index[source], index[target], weight)
            for source, row in self.rows.items()
            for target, weight in row.items()
        ]
        self._axons: list[OffsetArray] = list(np.array(sorted(axons), np.int64).T)
        step = focus.advance(FocusEdits.of(self.digests, *self._axons))
        self.vector: MassArray = step.vector
        self.entries = dict(self._entries(len(ends)))
        self.tree = SparseTree(self.entries)
        certificate = FocusCertificate(
            height=7,
            particles=len(ends),
            rise=step.rise,
            limit=step.limit,
            params_hash=step.params_hash,
            graph_root=EMPTY,
            particles_root=step.particles_root,
            leaders_root=merkle_root(leader_pages(self.vector, self.digests)),
            trace_root=EMPTY,
        )
        self.header = Header(
            version=1,
            network=digest(b"a network"),
            height=7,
            time=1_700_000_000_000,
            parent=digest(b"the block before"),
            state_root=self.tree.root,
            focus_root=step.focus_root,
            data_root=EMPTY,
            signals_root=EMPTY,
            proposer=bytes(32),
            validators_hash=EMPTY,
            focus_certificate=certificate,
            params_hash=digest(self.parameters),
            extra=b"",
        )

    @cached_property
    def rows(self) -> dict[bytes, dict[bytes, int]]:
        """Weights by source and target."""
        rows: dict[bytes, dict[bytes, int]] = {}
        for source, target, _, _, amount, _ in self.links:
            row = rows.setdefault(source, {})
            row[target] = row.get(target, 0) + amount
        return rows

    @cached_property
    def by_source(self) -> dict[bytes, list[Link]]:
        """Links by source."""
        found: dict[bytes, list[Link]] = {}
        for link in self.links:
            found.setdefault(link[0], []).append(link)
        return found

    def _entries(self, particle_count: int) -> Iterable[tuple[bytes, bytes]]:
        yield b"/graph/size", encode([particle_count, len(self.links)])
        yield b"/kv/parameters", self.parameters
        for source, row in self.rows.items():
            links = self.by_source[source]
            weights = [(target, number(weight)) for target, weight in sorted(row.items())]
            yield (
                b"/graph/row/" + source,
                number(len(links))
                + number(len(row))
                + number(sum(row.values()))
                + sum_root(weights)[0]
                + list_root([author(link) for link in links]),
            )

    def get(self, key: bytes) -> bytes | None:
        return self.entries.get(key)

    def witness(self, key: bytes) -> Witness:
        return self.tree.witness(key)

    def axons(self) -> tuple[OffsetArray, OffsetArray, OffsetArray]:
        source, target, weight = self._axons
        return source, target, weight

    def prove(self, key: bytes) -> bytes:
        raise LookupError(f"links are asked of chains: {key!r}")

    def text(self, particle: bytes) -> str | None:
        return None

    def row(self, source: bytes) -> Row | None:
        links = sorted(author(link) for link in self.by_source.get(source, []))
        if not links:
            return None
        keys = np.frombuffer(b"".join(key for key, _ in links), np.uint8).reshape(-1, 96)
        numbers = np.frombuffer(b"".join(rest for _, rest in links), ">u8").reshape(-1, 2)
        axons = sorted(self.rows[source].items())
        targets = np.frombuffer(b"".join(target for target, _ in axons), np.uint8).reshape(-1, 32)
        weights = np.array([weight for _, weight in axons], np.uint64)
        amounts, heights = (numbers[:, at].astype(np.uint64) for at in (0, 1))
        return Row(source, keys, amounts, heights, targets, weights)


def author(link: Link) -> tuple[bytes, bytes]:
    """Key and the rest of an entry of an authors tree."""
    _, target, relation, neuron, amount, height = link
    return target + (relation or NO_RELATION) + neuron, number(amount) + number(height)


def bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def sum_root(entries: list[tuple[bytes, bytes]], depth: int = 0) -> tuple[bytes, int]:
    """Root and sum of a weights tree."""
    if not entries:
        return EMPTY, 0
    if len(entries) <= 32:
        total = sum(int.from_bytes(weight, "big") for _, weight in entries)
        return sha(b"\0", *(key + weight for key, weight in entries)), total
    sides = [
        sum_root([entry for entry in entries if bit(entry[0], depth) == side], depth + 1)
        for side in (0, 1)
    ]
    node = sha(b"\1", *(root + number(total) for root, total in sides))
    return node, sides[0][1] + sides[1][1]


def list_root(entries: list[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    """Root of an authors tree."""
    if not entries:
        return EMPTY
    if len(entries) <= 32:
        return sha(b"\0", *(key + rest for key, rest in entries))
    sides = [
        list_root([entry for entry in entries if bit(entry[0], depth) == side], depth + 1)
        for side in (0, 1)
    ]
    return sha(b"\1", *sides)
