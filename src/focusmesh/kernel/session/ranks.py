"""The committed ranking of a block, as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE, Ranked
from focusmesh.errors import BlockError
from focusmesh.kernel.receipts import committed_slack
from focusmesh.kernel.session.columns import shown_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Chain


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first particles by committed focus, best first; equal ones by digest, as receipts list them.

    ``height`` is that of the block whose links are ranked, ``residual`` what its certificate proves of the whole
    vector. ``bound`` is for all scores together in L1; like that of receipts it counts with the limit that the network
    allows, so that nothing is settled here that a proposer could have chosen.
    """

    items: Sequence[Ranked]
    height: int
    particles: int
    residual: float
    bound: float


def ranking(chain: Chain, height: int | None, count: int | None) -> Ranking:
    """The ranking that holds at a block (default: the last), the first ``count`` of it, or all.

    Raises BlockError ("height") where that block is not there or its vector is not kept, ("focus") where it has none.
    """
    header = chain.tip if height is None else chain.header(height)
    certificate = header.focus_certificate
    if certificate is None:
        raise BlockError(
            "focus", f"block {header.height} has no ranking: no block up to it carries a focus"
        )
    vector = chain.vector(header.height)
    order = np.argsort(ONE - vector, kind="stable")
    with chain.state.at(height) as view:
        particles = view.names()[0][: certificate.particles]
        digests = particles[np.lexsort(particles.T[::-1])]
        names = shown_names(digests[order[:count]], view)
        _, link_count = view.sizes()
    scores = vector[order[: len(names) + 1]] / ONE
    operator = chain.parameters.operator
    bound = float(committed_slack(certificate.limit, operator, len(digests), link_count))
    gaps = np.append(scores[:-1] - scores[1:], np.inf)
    items = [
        Ranked(rank + 1, name, float(scores[rank]), bool(gaps[rank] > bound), bound=bound / 2)
        for rank, name in enumerate(names)
    ]
    residual = 2 * certificate.rise / ONE
    return Ranking(items, certificate.height, certificate.particles, residual, bound)
