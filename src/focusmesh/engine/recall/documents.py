"""What the entry index reads of each particle: its name where that is text, and its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from focusmesh.engine.graph import label

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy.typing as npt

    from focusmesh.engine.graph import Graph


@dataclass(frozen=True, slots=True)
class Documents:
    """One name and one text a particle, "" where it has none. A text that repeats the name counts once."""

    names: list[str]
    texts: list[str]

    @classmethod
    def of(cls, graph: Graph) -> Documents:
        """Those of a graph as it stands. O(bytes of names and texts)."""
        names = [name if isinstance(name, str) else "" for name in graph.particles]
        if graph.texts is None:
            return cls(names, [""] * len(names))
        pairs = zip(names, map(str, graph.texts), strict=True)
        return cls(names, ["" if text == name else text for name, text in pairs])

    def __len__(self) -> int:
        return len(self.names)

    def hashes(self) -> npt.NDArray[np.int64]:
        """One number a document, good within this process: equal documents have equal ones."""
        pairs = zip(self.names, self.texts, strict=True)
        return np.fromiter((hash(pair) for pair in pairs), dtype=np.int64, count=len(self))

    def digest(self) -> str:
        """Names all documents in their order, for a file: hexadecimal."""
        hasher = blake3()
        for part in (*self.names, *self.texts):
            encoded = part.encode("utf-8", "surrogatepass")
            hasher.update(len(encoded).to_bytes(8, "little") + encoded)
        return hasher.hexdigest()


def passage(name: Hashable, text: str) -> str:
    """What is handed on of a particle: its name, and its text under it where that says more."""
    shown = label(name)
    return f"{shown}\n{text}" if text and text != shown else shown
