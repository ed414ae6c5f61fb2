"""A ledger's links as the columns of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.graph import LinkColumns, Names
from focusmesh.kernel.session.naming import name_of
from focusmesh.kernel.state import NO_RELATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.arrays import ByteArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import StateView


def columns_of(chain: Chain, height: int | None = None) -> LinkColumns:
    """All links as of a block (default: the last); particles ascend by digest, as in the committed focus.

    Weights are amounts in units of weight, authors public keys in hexadecimal, times the heights at which a link
    changed last. Raises BlockError ("height") where the state of that block is not kept. O(n log n + m).
    """
    with chain.state.at(height) as view:
        particles, relations, neurons = view.names()
        found = view.links()
        order = np.lexsort(particles.T[::-1])
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        return LinkColumns(
            particles=_names(named(particles[order], view)),
            source=place[found.source],
            target=place[found.links["target"]],
            weight=found.links["amount"] / chain.parameters.weight_unit,
            relations=_names(named(relations, view)),
            relation=found.links["relation"],
            authors=Names.texts(neuron.tobytes().hex() for neuron in neurons),
            author=found.links["neuron"],
            time=found.links["height"].astype(np.int64),
        )


def named(digests: ByteArray, view: StateView) -> list[str | bytes]:
    """What each of ``digests``, shape (n, 32), is shown as; "" where it stands for no relation."""
    ids = [row.tobytes() for row in digests]
    contents = view.reader.get_many("contents", ids)
    return [
        "" if each == NO_RELATION else name_of(each, content)
        for each, content in zip(ids, contents, strict=True)
    ]


def _names(names: Sequence[str | bytes]) -> Names:
    """Names in the tightest layout; of text where all of them are."""
    if all(isinstance(name, str) for name in names):
        return Names.texts(str(name) for name in names)
    return Names.of(names)
