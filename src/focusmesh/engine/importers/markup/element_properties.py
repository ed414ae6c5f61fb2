"""What nodes and edges say beside names, texts and roles: properties, with the types that the file declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import Properties, PropertyBuilder, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import BoolArray

_SCORES = ("focus", "rank")
"""What exporters write of each node, and is no property when it is read back."""
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_INTEGERS = {"int", "integer", "long", "short", "byte", "biginteger"}
_FLOATS = {"float", "double", "bigdecimal"}


def typed_value(text: str, kind: str) -> Any:
    """An attribute's text as the type that a file declares for it; None for a number that is not written.

    What is not of its type stays a text, so that nothing is lost.
    """
    plain = kind.casefold()
    written = text.strip()
    if plain in ("boolean", "bool"):
        return None if not written else _TRUTHS.get(written.casefold(), text)
    if plain not in _INTEGERS | _FLOATS:
        return text
    if not written:
        return None
    try:
        return int(written) if plain in _INTEGERS else float(written)
    except ValueError:
        return text


class ElementProperties:
    """Collects properties of nodes by their numbers, and of edges by theirs, until their names are known."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._builder = PropertyBuilder()
        self._edges: list[tuple[int, dict[str, Any]]] = []

    def node(
        self,
        node: int,
        name: str,
        text: str,
        text_names: Iterable[str],
        attributes: Mapping[str, Any],
    ) -> None:
        """The attributes of a node but for its text, labels that repeat it or the name, and scores of an export."""
        scored = all(score in attributes for score in _SCORES)
        kept = {
            key: value
            for key, value in attributes.items()
            if value is not None
            and not (scored and key in _SCORES)
            and not (key.strip().casefold() in text_names and _repeats(value, name, text))
        }
        self._builder.particle(node, kept)

    def edge(self, edge: int, attributes: Mapping[str, Any], roles: set[str]) -> None:
        """The attributes of an edge but for those that play ``roles``."""
        kept = {
            key: value
            for key, value in attributes.items()
            if value is not None and key not in roles
        }
        if kept:
            self._edges.append((edge, kept))

    def properties(
        self,
        links: LinkColumns,
        place: npt.NDArray[np.int64],
        known: BoolArray,
    ) -> Properties | None:
        """All of them for ``links``, which are the edges that are ``known``; node ``i`` is particle ``place[i]``."""
        nodes = self._builder.properties()
        builder = PropertyBuilder()
        described = [(edge, attributes) for edge, attributes in self._edges if known[edge]]
        rows = np.zeros(len(known), dtype=np.bool_)
        rows[[edge for edge, _ in described]] = True
        for key, (_, attributes) in zip(keys_of(links.where(rows[known])), described, strict=True):
            builder.link(key, attributes)
        made = builder.properties()
        self._reading.warn_of((*self._builder.warnings(), *builder.warnings()))
        moved = Properties() if nodes is None else nodes.move(place)
        return (moved if made is None else replace(moved, links=made.links)) or None


def _repeats(value: Any, name: str, text: str) -> bool:
    """Whether a label or text says no more than the name or the beginning of the text."""
    said = str(value)
    short = " ".join(said.removesuffix("…").split())
    return said in (name, text) or " ".join(text.split()).startswith(short)
