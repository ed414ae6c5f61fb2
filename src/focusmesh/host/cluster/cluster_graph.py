"""A graph of many parts, each with a worker: what of ``Graph`` makes sense where nobody holds all of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster import Keeping, PartQuery
from focusmesh.engine.focus import (
    EPSILON,
    Context,
    FocusParams,
    LiveReport,
    seed_weights,
    verified_context,
)
from focusmesh.errors import FileError, InputError, ParameterError
from focusmesh.host.cluster.edits import ClusterNames
from focusmesh.host.cluster.focus import ClusterFocus, WorkerReport, merge_best
from focusmesh.host.cluster.tasks import certify_task, context_task, focus_task, update_task

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable, Sequence
    from typing import Self

    from focusmesh.engine.cluster import EditBatch, Manifest
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.cluster.workers import Group


_REPLACED = 2
"""How often workers that were lost are replaced in one piece of work."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate that workers wrote to ``path``: its residual, and what it took."""

    path: str
    residual: float
    sweeps: int
    seconds: float
    workers: tuple[WorkerReport, ...]


class ClusterGraph:
    """Workers with the parts of a graph; made by ``Cluster.open``. Ends with ``close`` or its ``with`` block.

    One caller at a time. Edits live with the workers: the files of the parts stay as they were made.
    """

    def __init__(self, group: Group, manifest: Manifest) -> None:
        self.group, self.manifest = group, manifest
        self.names = ClusterNames(group, manifest.whole.particles)
        self.moment = 0
        self._focus: ClusterFocus | None = None
        self._edits = 0

    @property
    def particle_count(self) -> int:
        """Number of particles, new ones included."""
        return self.names.count

    @property
    def axon_count(self) -> int:
        """Number of ordered pairs that are linked, as the graph was partitioned."""
        return self.manifest.whole.axons

    def focus(
        self,
        params: FocusParams | str | None = None,
        tolerance: float = 1e-6,
        *,
        keep: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> ClusterFocus:
        """The focus of all particles within ``tolerance`` in L1, edits included.

        ``keep``: a folder that all workers see, where they write what they reached every few sweeps, so that lost ones
        are replaced, and a run that was ended goes on when it is asked for again (not once the graph was edited).
        Workers keep it: the next call goes on from it, ``update`` keeps it within its tolerance, contexts stand on it.
        Raises ConvergenceError when float64 cannot reach ``tolerance``, RankError where a worker is gone.
        """
        chosen = FocusParams.of(params)
        if not 0 < tolerance < np.inf:
            raise ParameterError(f"tolerance = {tolerance!r} must be positive and finite")
        begun = time.perf_counter()
        keeping, again = self._keeping(keep)
        told = self.group.run(
            focus_task, chosen, tolerance, keeping, progress=progress, again=again
        )
        self.moment += 1
        self._focus = ClusterFocus(
            params=chosen,
            tolerance=tolerance,
            residual=told[0].residual,
            bound=told[0].bound,
            particle_count=self.particle_count,
            sweeps=told[0].sweeps,
            seconds=time.perf_counter() - begun,
            workers=tuple(
                WorkerReport(word.particles, word.seconds, word.sent_bytes, word.waited)
                for word in told
            ),
            graph=self,
            moment=self.moment,
        )
        return self._focus

    def context(
        self,
        seeds: Iterable[Hashable] | Mapping[Any, float],
        k: int = 20,
        effort: str = "balanced",
        params: FocusParams | str | None = None,
        *,
        beta: float = 0.5,
        tolerance: float = 1e-6,
        progress: Progress | None = None,
    ) -> Context:
        """The ``k`` particles that matter most from ``seeds``, as ``Graph.context`` finds them, with their bound.

        ``fast`` pushes mass on its owners, ``balanced`` pushes more, and solves to a bound of 1e-3 where that does not
        settle the order, ``exact`` solves to ``tolerance``. Stands on the focus of the
        same parameters, which is solved first where it was not.
        """
        begun, wanted = time.perf_counter(), verified_context(k, effort, beta, tolerance)
        focus = self._standing(params, progress)
        shares = self._shares(seeds)
        numbers = self.names.numbers(list(shares))
        query = PartQuery(numbers, np.array(list(shares.values())), wanted, beta, effort, tolerance)
        told = self.group.run(context_task, query, progress=progress)
        bound = told[0].bound
        listed = merge_best(told, wanted + 1, bound)
        return Context(
            items=tuple(listed[:wanted]),
            bound=bound,
            settled=all(item.separated for item in listed[:wanted]),
            effort=effort,
            visits=told[0].visits,
            seconds=time.perf_counter() - begun,
            seeds=tuple(shares),
            beta=beta,
            params=focus.params,
        )

    def update(
        self, edges: Iterable[Sequence[Any]], *, progress: Progress | None = None
    ) -> LiveReport:
        """Adds many links ``(source, target[, weight])``: all, or none on error. Each goes to the owners of its ends.

        Where a focus was asked for, its bound is within its tolerance again when this returns.
        """
        return self._edit(self.names.read_links(edges), progress)

    def link(self, source: Hashable, target: Hashable, weight: float = 1.0) -> LiveReport:
        """Adds a link; on a pair that has one, its weight grows."""
        return self.update([(source, target, weight)])

    def unlink(self, source: Hashable, target: Hashable) -> LiveReport:
        """Withdraws the links from ``source`` to ``target``; raises InputError when there is none."""
        return self._edit(self.names.set_to(source, target, 0.0), None)

    def reweight(self, source: Hashable, target: Hashable, weight: float) -> LiveReport:
        """Sets what the links from ``source`` to ``target`` weigh together; raises InputError when there is none."""
        return self._edit(self.names.set_to(source, target, weight), None)

    def certify(
        self,
        path: str | os.PathLike[str],
        params: FocusParams | str | None = None,
        *,
        weight_unit: float | None = None,
        epsilon: float = EPSILON,
        keep: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> Certified:
        """Writes the certificate of the global focus to the file ``path``, which all workers see.

        Its bytes are those of ``certify`` of the same graph on one machine. It is of the graph as it was partitioned:
        raises ParameterError once it was edited; else as ``certify``, FileError, RankError.
        """
        chosen = FocusParams.of(params)
        begun, place = time.perf_counter(), str(Path(path).absolute())
        if not Path(place).parent.is_dir():
            raise FileError(f"{place}: there is no folder {Path(place).parent} for the certificate")
        keeping, again = self._keeping(keep)
        told = self.group.run(
            certify_task,
            *(place, chosen, weight_unit, epsilon, keeping),
            progress=progress,
            again=again,
        )
        workers = tuple(
            WorkerReport(word.particles, word.seconds, word.sent_bytes, word.waited)
            for word in told
        )
        seconds = time.perf_counter() - begun
        return Certified(place, told[0].residual, told[0].sweeps, seconds, workers)

    def close(self) -> None:
        """Ends the workers. The files stay; edits that were not written elsewhere are gone."""
        self.group.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ClusterGraph of {self.particle_count:,} particles on {self.group.size} workers>"

    def _keeping(self, keep: str | os.PathLike[str] | None) -> tuple[Keeping | None, int]:
        """Where workers keep what they reached, and how often lost ones are replaced: never once there are edits."""
        keeping = None if keep is None else Keeping(str(Path(keep).absolute()))
        return keeping, 0 if self._edits else _REPLACED

    def _edit(self, batch: EditBatch, progress: Progress | None) -> LiveReport:
        begun = time.perf_counter()
        told = self.group.run(update_task, batch, progress=progress)[0]
        self.moment += 1
        self._edits += len(batch.source) + len(batch.fresh)
        return LiveReport(
            edits=len(batch.source),
            pushed=0 if told is None else told.pushed,
            passes=0 if told is None else told.sweeps,
            milliseconds=1e3 * (time.perf_counter() - begun),
            bound=np.inf if told is None else told.bound,
            merged=False,
        )

    def _standing(
        self, params: FocusParams | str | None, progress: Progress | None
    ) -> ClusterFocus:
        """The focus that contexts stand on."""
        chosen = FocusParams.of(params)
        if self._focus is None or self._focus.params != chosen:
            return self.focus(chosen, progress=progress)
        return self._focus

    def _shares(self, seeds: Iterable[Hashable] | Mapping[Any, float]) -> dict[Hashable, float]:
        """Seeds as name → share."""
        named = [seeds] if isinstance(seeds, str | bytes) else seeds
        try:
            listed = list(named)
        except TypeError as error:
            raise InputError(
                f"a context is names of particles, or names with weights, not {seeds!r:.80}: {error}"
            ) from error
        found: Any = _Found(self.names, self.names.find(listed))
        return seed_weights(found, named if isinstance(named, Mapping) else listed)


class _Found:
    """As much of a graph as seeds are looked up in."""

    def __init__(self, names: ClusterNames, told: dict[Hashable, int]) -> None:
        self._names, self._told = names, told
        self.particles = {number: name for name, number in told.items()}

    def index(self, name: Hashable) -> int:
        """The number of a particle; raises UnknownParticleError."""
        return self._told[name] if name in self._told else int(self._names.numbers([name])[0])
