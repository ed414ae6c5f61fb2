"""What the entry index reads of each particle: its name where that is text, and its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from focusmesh.engine.links import label
from focusmesh.engine.recall.document_slots import keys_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy.typing as npt

    from focusmesh.engine.links import LinkView


@dataclass(frozen=True, slots=True)
class Documents:
    """One name and one text a particle, "" where it has none. A text that repeats the name counts once."""

    names: list[str]
    texts: list[str]

    @classmethod
    def of(cls, graph: LinkView) -> Documents:
        """Those of a graph as it stands. O(bytes of names and texts)."""
        names = [name if isinstance(name, str) else "" for name in graph.particles]
        if graph.texts is None:
            return cls(names, [""] * len(names))
        pairs = zip(names, map(str, graph.texts), strict=True)
        return cls(names, ["" if text == name else text for name, text in pairs])

    def __len__(self) -> int:
        return len(self.names)

    def keys(self, *, lasting: bool) -> npt.NDArray[np.int64]:
        """One number a document, see ``keys_of``; good within this process, or ``lasting``, for a file."""
        pairs = zip(self.names, self.texts, strict=True)
        number = _lasting_hash if lasting else hash
        return keys_of(np.fromiter(map(number, pairs), dtype=np.int64, count=len(self)))


def _lasting_hash(pair: tuple[str, str]) -> int:
    name, text = (part.encode("utf-8", "surrogatepass") for part in pair)
    found = blake3(len(name).to_bytes(8, "little") + name + text).digest(length=8)
    return int.from_bytes(found, "little", signed=True)


def passage(name: Hashable, text: str) -> str:
    """What is handed on of a particle: its name, and its text under it where that says more."""
    shown = label(name)
    return f"{shown}\n{text}" if text and text != shown else shown
