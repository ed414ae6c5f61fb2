"""Particles called by their labels, which people read, in the place of their ids, which files join by."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.links.names.names import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links.columns import LinkColumns


def call_by_labels(columns: LinkColumns, labels: Sequence[str]) -> LinkColumns:
    """The links with each particle called by its label, one a particle, "" where it has none and keeps its id.

    Where several would be called the same, each has its id behind the label: ``Paris (n7)``. The id is the text of a
    particle that has no other text than its label. O(particles).
    """
    ids = [str(name) for name in columns.particles]
    wanted = [label or name for label, name in zip(labels, ids, strict=True)]
    times = Counter(wanted)
    names = [
        label if times[label] == 1 or label == name else f"{label} ({name})"
        for label, name in zip(wanted, ids, strict=True)
    ]
    if len(set(names)) < len(names):
        # A label looks like another one with its id behind it: all have their ids behind them.
        names = [f"{label} ({name})" for label, name in zip(wanted, ids, strict=True)]
    texts = [""] * len(ids) if columns.texts is None else [str(text) for text in columns.texts]
    kept = [
        name if text in ("", label) and label != name else text
        for text, label, name in zip(texts, wanted, ids, strict=True)
    ]
    return replace(
        columns, particles=Names.of(names), texts=Names.texts(kept) if any(kept) else None
    )
