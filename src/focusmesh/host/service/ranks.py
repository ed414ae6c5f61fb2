"""The global focus of a moment, in the order of its particles: worked out once, shared by processes in a file."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.engine.focus import ONE
from focusmesh.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.block import Chain

    Scores = np.ndarray[Any, np.dtype[np.float64]]
    Places = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Ranks:
    """``scores[i]`` belongs to particle i; all are off by at most ``bound`` in L1. ``height``: of which links."""

    scores: Scores
    bound: float
    residual: float
    height: int | None

    @cached_property
    def order(self) -> Places:
        """Indices, best first, ties by index."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def places(self) -> Places:
        """The place of each particle in ``order``, from 0."""
        places = np.empty(len(self.order), dtype=np.int64)
        places[self.order] = np.arange(len(self.order))
        return places

    def is_separated(self, place: int) -> bool:
        """Whether the bound proves that the particle at this place is above the next one."""
        if place + 1 >= len(self.order):
            return True
        pair = self.scores[self.order[place : place + 2]]
        return bool(pair[0] - pair[1] > self.bound)


def solve_ranks(
    graph: Graph, params: FocusParams, tolerance: float, progress: Progress | None = None
) -> Ranks:
    """The focus of a graph in memory."""
    focus = graph.focus(params, tolerance, progress=progress)
    return Ranks(focus.scores, focus.bound, focus.residual, None)


def committed_ranks(chain: Chain, height: int) -> Ranks:
    """The focus that the block at ``height`` commits to; particles without one yet have 0.

    Raises BlockError ("focus") where there is none, ("height") where its vector is not kept. O(n log n).
    """
    from focusmesh.kernel.receipts import committed_slack

    header = chain.header(height)
    certificate = header.focus_certificate
    if certificate is None:
        raise BlockError("focus", _why_unranked(chain, height))
    vector = chain.vector(height)
    with chain.state.at(height) as view:
        digests = view.names()[0]
        _, links = view.sizes()
    # Particles are numbered as they came; those of the certificate are the first of them.
    rising = np.lexsort(digests.T[::-1])
    scores = np.zeros(len(rising))
    scores[rising < certificate.particles] = vector / ONE
    operator = chain.parameters.operator
    bound = float(committed_slack(certificate.limit, operator, len(vector), links))
    return Ranks(scores, bound, 2 * certificate.rise / ONE, certificate.height)


def _why_unranked(chain: Chain, height: int) -> str:
    """Why no block up to ``height`` carries a focus, and what to do."""
    with chain.state.at(height) as view:
        particles, _ = view.sizes()
    if particles:
        return (
            f"no block up to {height} carries a focus yet; the next that does ranks what is linked"
        )
    if height < chain.height:
        return f"nothing was linked up to block {height}: ask for a later one"
    return "nothing is linked yet: post signals or import links"


class Shelf:
    """A folder in which processes that serve the same thing share rankings: memory-mapped, one file a root."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder nothing is shared."""
        self._folder = folder

    def ranks(self, root: str, work_out: Callable[[], Ranks]) -> Ranks:
        """The ranking of ``root``: from its file, or worked out and put there."""
        if self._folder is None:
            return work_out()
        with suppress(OSError, ValueError, msgspec.DecodeError):
            return self._load(root)
        made = work_out()
        self._put(root, made)
        with suppress(OSError, ValueError, msgspec.DecodeError):
            return self._load(root)
        return made

    def keep_only(self, roots: set[str]) -> None:
        """Takes away the files of other roots; who has one mapped keeps it."""
        for path in [] if self._folder is None else self._folder.glob("*.ranks.npy"):
            if path.name.partition(".")[0] not in roots:
                with suppress(OSError):
                    path.unlink()

    def _load(self, root: str) -> Ranks:
        path = self._path(root)
        table = np.load(path, mmap_mode="r")
        bound, residual, height = table[0, :3].tolist()
        ranks = Ranks(table[0, 3:], bound, residual, None if height < 0 else int(height))
        places = table[1:, 3:].view(np.int64)
        ranks.__dict__.update(order=places[0], places=places[1])
        return ranks

    def _put(self, root: str, ranks: Ranks) -> None:
        height = -1.0 if ranks.height is None else float(ranks.height)
        table = np.zeros((3, 3 + len(ranks.scores)))
        table[0, :3] = ranks.bound, ranks.residual, height
        table[0, 3:] = ranks.scores
        table[1, 3:] = ranks.order.astype(np.int64).view(np.float64)
        table[2, 3:] = ranks.places.view(np.float64)
        path = self._path(root)
        beside = path.with_name(f".{path.name}.{os.getpid()}.npy")
        # A full disk keeps nobody from answering.
        with suppress(OSError):
            np.save(beside, table)
            beside.replace(path)

    def _path(self, root: str) -> Path:
        return Path(self._folder or "", f"{root}.ranks.npy")
