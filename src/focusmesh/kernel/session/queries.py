"""Questions about single links and particles of a ledger, answered from its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import UnknownParticleError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.session.columns import shown_names
from focusmesh.kernel.session.particle_names import name_of, particle

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from focusmesh.engine.links import Names
    from focusmesh.kernel.block import Chain


@dataclass(frozen=True, slots=True)
class LedgerLink:
    """One link of an author: what is locked in it, in base units, and the block that changed it last."""

    relation: str | bytes
    author: bytes
    amount: int
    height: int


def links_between(
    chain: Chain,
    height: int | None,
    source: bytes,
    target: bytes,
    *,
    relation: bytes | None = None,
    author: bytes | None = None,
) -> tuple[int, Sequence[LedgerLink]]:
    """The weight of the axon from ``source`` to ``target`` as of a block, and its links, of a relation or author.

    Raises BlockError ("height") where the state of that block is not kept. O(links of the source).
    """
    with chain.state.at(height) as view:
        row = view.row(source)
        if row is None:
            return 0, []
        keys = row.keys
        wanted = (keys[:, :DIGEST_BYTES] == np.frombuffer(target, dtype=np.uint8)).all(axis=1)
        axon = (row.targets == np.frombuffer(target, dtype=np.uint8)).all(axis=1)
        weight = int(row.weights[axon].sum())
        relations = shown_names(keys[wanted][:, DIGEST_BYTES : 2 * DIGEST_BYTES], view)
        found = [
            (
                key[DIGEST_BYTES : 2 * DIGEST_BYTES].tobytes(),
                LedgerLink(name, key[2 * DIGEST_BYTES :].tobytes(), amount, at),
            )
            for key, name, amount, at in zip(
                keys[wanted],
                relations,
                row.amounts[wanted].tolist(),
                row.heights[wanted].tolist(),
                strict=True,
            )
        ]
    return weight, [
        link for kind, link in found if relation in (None, kind) and author in (None, link.author)
    ]


def canonical(chain: Chain, particles: Names, name: str) -> Hashable:
    """How the particle that ``name`` means is named among ``particles``: its text, or its digest.

    Raises UnknownParticleError with close names.
    """
    meant = particle(name).id
    with chain.state.at() as view:
        text = name_of(meant, view.content(meant))
    for spelt in (name, text, meant):
        if particles.find(spelt) is not None:
            return spelt
    raise UnknownParticleError(name, close=particles.close(name))
