"""The sparse Merkle tree once more, naive: recursion over a dictionary, one bit at a time, nothing shared with src."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Paths: TypeAlias = Callable[[bytes], bytes]

NOTHING = b"\x00" * 32


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def bits(path: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in path)


class Model:
    """Keys and values; ``paths`` stands for SHA-256 where a test wants paths of its own making."""

    def __init__(self, entries: Mapping[bytes, bytes], paths: Paths = sha256) -> None:
        self.leaves = {
            bits(paths(key)): sha256(b"\x00" + paths(key) + sha256(value))
            for key, value in entries.items()
        }
        self.paths = paths

    def hash(self, leaves: dict[str, bytes], depth: int) -> bytes:
        """Of leaves that share their first ``depth`` bits."""
        if not leaves:
            return NOTHING
        if len(leaves) == 1:
            return next(iter(leaves.values()))
        left, right = (self.branch(leaves, depth, bit) for bit in "01")
        return sha256(b"\x01" + self.hash(left, depth + 1) + self.hash(right, depth + 1))

    def branch(self, leaves: dict[str, bytes], depth: int, bit: str) -> dict[str, bytes]:
        return {name: leaf for name, leaf in leaves.items() if name[depth] == bit}

    @property
    def root(self) -> bytes:
        return self.hash(self.leaves, 0)

    def siblings(self, key: bytes) -> list[bytes]:
        """From the root down, until there is one leaf or none on the way of ``key``."""
        name, leaves, found = bits(self.paths(key)), self.leaves, list[bytes]()
        while len(leaves) > 1:
            depth = len(found)
            other = self.branch(leaves, depth, "0" if name[depth] == "1" else "1")
            found.append(self.hash(other, depth + 1))
            leaves = self.branch(leaves, depth, name[depth])
        return found

    def is_absent(self, key: bytes, siblings: list[bytes], foreign: bytes | None) -> bool:
        """Whether siblings, and the leaf at their end if there is one, prove that ``key`` is not under the root."""
        node = NOTHING if foreign is None else foreign
        name = bits(self.paths(key))
        for depth in reversed(range(len(siblings))):
            pair = (siblings[depth], node) if name[depth] == "1" else (node, siblings[depth])
            node = sha256(b"\x01" + pair[0] + pair[1])
        return node == self.root
