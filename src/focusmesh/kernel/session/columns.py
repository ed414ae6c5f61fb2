"""A ledger's links as the columns of a graph, contents that are too long for names being texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.graph import Graph
from focusmesh.engine.links import LinkColumns, Names
from focusmesh.kernel.session.ledger_properties import properties_of
from focusmesh.kernel.session.particle_names import name_of, text_of
from focusmesh.kernel.state import NO_RELATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import ByteArray, IndexArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import LinkArrays, StateView

_PORTION = 10_000


def graph_of(chain: Chain, height: int | None = None) -> Graph:
    """The links as of a block (default: the last) as a graph in memory, whose root is ``root_of`` that block.

    Raises BlockError ("height") where the state of that block is not kept. O(n log n + m).
    """
    graph = Graph.from_links(columns_of(chain, height))
    graph.name_root(root_of(chain, height))
    return graph


def root_of(chain: Chain, height: int | None = None) -> str:
    """``STATE_ROOT@HEIGHT`` of a block (default: the last), which names all that is in the ledger then."""
    header = chain.tip if height is None else chain.header(height)
    return f"{header.state_root.hex()}@{header.height}"


def columns_of(chain: Chain, height: int | None = None) -> LinkColumns:
    """All links as of a block (default: the last); particles ascend by digest, as in the committed focus.

    Weights are amounts in units of weight, authors public keys in hexadecimal, times the heights at which a link
    changed last. Raises BlockError ("height") where the state of that block is not kept. O(n log n + m).
    """
    with chain.state.at(height) as view:
        particles = view.names()[0]
        order = np.lexsort(particles.T[::-1])
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        names, texts, _ = said(particles[order], view)
        return columns_with(chain, view, view.links(), place, names_of(names), texts_of(texts))


def columns_with(
    chain: Chain,
    view: StateView,
    found: LinkArrays,
    place: IndexArray,
    names: Names,
    texts: Names | None,
) -> LinkColumns:
    """The links ``found`` as columns; ``place`` says where each particle is, by its id. O(m)."""
    _, relations, neurons = view.names()
    return LinkColumns(
        particles=names,
        source=place[found.source],
        target=place[found.links["target"]],
        weight=found.links["amount"] / chain.parameters.weight_unit,
        relations=names_of(shown_names(relations, view)),
        relation=found.links["relation"],
        authors=Names.texts(neuron.tobytes().hex() for neuron in neurons),
        author=found.links["neuron"],
        time=found.links["height"].astype(np.int64),
        texts=texts,
        properties=properties_of(view, place),
    )


def shown_names(digests: ByteArray, view: StateView) -> list[str | bytes]:
    """What each of ``digests``, shape (n, 32), is shown as; "" where it stands for no relation."""
    return [
        "" if each == NO_RELATION else name_of(each, content)
        for each, content in _contents(digests, view)
    ]


def said(digests: ByteArray, view: StateView) -> tuple[list[str | bytes], list[str], list[bool]]:
    """Name and text of each particle, and whether its content is kept."""
    names: list[str | bytes] = []
    texts: list[str] = []
    kept: list[bool] = []
    for each, content in _contents(digests, view):
        names.append(name_of(each, content))
        texts.append(text_of(names[-1], content))
        kept.append(content is not None)
    return names, texts, kept


def _contents(digests: ByteArray, view: StateView) -> Iterator[tuple[bytes, bytes | None]]:
    """Each digest and what the ledger keeps under it; a portion at a time, since contents may be large."""
    for begin in range(0, len(digests), _PORTION):
        ids = [row.tobytes() for row in digests[begin : begin + _PORTION]]
        yield from zip(ids, view.reader.get_many("contents", ids), strict=True)


def texts_of(texts: Sequence[str]) -> Names | None:
    """The texts, None where there are none."""
    return Names.texts(texts) if any(texts) else None


def names_of(names: Sequence[str | bytes]) -> Names:
    """Names in the tightest layout; of text where all of them are."""
    if all(isinstance(name, str) for name in names):
        return Names.texts(str(name) for name in names)
    return Names.of(names)
