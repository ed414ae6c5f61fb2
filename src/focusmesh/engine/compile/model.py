"""CompiledModel: a graph as a transformer whose weights were worked out, not trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.layers import DenseLayer, dense_layer, edge_layer, normalise_attention
from focusmesh.engine.compile.low_rank import FactorLayer, remaining, still
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from os import PathLike

    from focusmesh.engine.compile.factors import Factors
    from focusmesh.engine.compile.heads import Heads
    from focusmesh.engine.compile.layers import Layer
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.links import LinkView, Names
    from focusmesh.engine.support.arrays import FloatArray

DENSE_PARTICLES_MAX = 4_096


@dataclass(frozen=True)
class CompiledModel:
    """A model that takes a context and gives the focus of all its particles; made by ``Graph.compile`` or ``open``.

    ``root`` is that of the graph it was compiled from, ``seeds`` what its particles were chosen around (empty: all of
    the graph). ``form`` is ``"dense"`` or ``"edges"``, ``method`` ``"exact"`` or how heads of low ``rank`` were found
    (``factors``, one a head and one for the undirected head). ``report`` is what ``eps.json`` says: how far its answers
    were from the focus on a fixed set of contexts. ``tuned`` says how the weights were changed since (``tune``).
    """

    particles: Names
    heads: Heads
    params: FocusParams
    beta: float
    layers: int
    form: str
    root: str
    seeds: tuple[Hashable, ...] = ()
    method: str = "exact"
    rank: int | None = None
    factors: Factors | None = None
    report: Mapping[str, Any] | None = None
    tuned: Mapping[str, Any] | None = None

    @classmethod
    def open(cls, path: str | PathLike[str]) -> CompiledModel:
        """The model in a file made by ``to_onnx``; needs the extra ``onnx``.

        Raises FileError, DamagedFileError for what is no such file, NewerVersionError.
        """
        from focusmesh.engine.compile.onnx_file import read_model

        return read_model(cls, path)

    def to_onnx(self, path: str | PathLike[str]) -> None:
        """Writes the model to one ONNX file and its errors to ``eps.json`` beside it; needs the extra ``onnx``.

        Input ``context``: int64 indices of particles, any number of them (one that is there twice counts twice, none
        is the global focus). Output ``focus``: float64, the distribution over all particles. IR 10, opset 21, standard
        operators alone; equal models are equal bytes. Raises InputError where the file would have more than 2 GB (the
        format's limit) or the names of particles cannot be written, FileError.
        """
        from focusmesh.engine.compile.onnx_file import write_model

        write_model(self, path)

    def forward(
        self, context: Iterable[Hashable] | Mapping[Any, float], layers: int | None = None
    ) -> FloatArray:
        """The focus of ``context`` (names, or names with weights) after ``layers`` layers, (n,) in particle order.

        In NumPy: what exported files are held against. Raises UnknownParticleError, InputError for an empty context,
        ParameterError for layers < 0. O(layers · (links · K)), dense layers · n².
        """
        depth = self.layers if layers is None else layers
        if depth < 0:
            raise ParameterError(f"a model has layers ≥ 0, layers = {layers!r}")
        drawn = self.teleport(self.places(context))[:, None]
        (found,) = self.trace_layers(drawn, [depth])
        return found[:, 0]

    def top(
        self, context: Iterable[Hashable] | Mapping[Any, float], count: int = 10
    ) -> list[tuple[Hashable, float]]:
        """The ``count`` particles of most focus with their scores, best first, ties by index."""
        scores = self.forward(context)
        order = np.argsort(-scores, kind="stable")[:count]
        return [(self.particles[int(i)], float(scores[i])) for i in order]

    def bound(self, layers: int | None = None) -> float:
        """2κᴸ: how far an exact model's answer is from the focus in L1 at most."""
        return float(2.0 * self.params.kappa ** (self.layers if layers is None else layers))

    def verify_root(self, graph: LinkView, root: str | None = None) -> None:
        """Raises InputError unless the model was compiled from ``graph`` as it stands, or from what has ``root``."""
        found = graph.root if root is None else root
        if found != self.root:
            raise InputError(
                f"the model was compiled from another graph: its root is {_short(self.root)}, this one's "
                f"{_short(found)}; compile it anew, or take the graph that it is of"
            )

    def places(self, context: Iterable[Hashable] | Mapping[Any, float]) -> dict[int, float]:
        """Index → weight (> 0) of a context; raises UnknownParticleError or InputError."""
        named = [context] if isinstance(context, str | bytes) else context
        pairs = named.items() if isinstance(named, Mapping) else ((name, 1.0) for name in named)
        found: dict[int, float] = {}
        for name, weight in pairs:
            at, amount = self.particles.index(name), float(weight)
            if not (np.isfinite(amount) and amount >= 0):
                raise InputError(f"{name!r}: weight {weight!r} must be finite and not negative")
            found[at] = found.get(at, 0.0) + amount
        kept = {at: amount for at, amount in found.items() if amount > 0}
        if not kept:
            raise InputError("an empty context: name at least one particle, of positive weight")
        return kept

    def teleport(self, places: Mapping[int, float]) -> FloatArray:
        """u_c = (1 − β)·u + β·w_c, with which every answer begins. (n,)."""
        count = len(self.particles)
        drawn = np.full(count, (1 - self.beta) / count)
        total = sum(places.values())
        for at, amount in places.items():
            drawn[at] += self.beta * amount / total
        return drawn

    def trace_layers(self, drawn: FloatArray, depths: Sequence[int]) -> list[FloatArray]:
        """What comes out after each of ``depths`` layers (ascending), for contexts with these teleports, (n, c)."""
        x, done, found = drawn, 0, []
        for depth in depths:
            for _ in range(depth - done):
                x = self._layer.apply(x, drawn)
            done = depth
            raised = np.maximum(x, self.params.gap * drawn)
            found.append(raised / raised.sum(axis=0))
        return found

    @cached_property
    def _layer(self) -> Layer:
        if self.factors is None:
            made = dense_layer if self.form == "dense" else edge_layer
            return made(self.heads, self.params)
        if self.form == "edges":
            return FactorLayer(self.factors, self.params)
        attention = normalise_attention(self.factors.scores())
        residual = still(self.params) * np.eye(len(attention))
        return DenseLayer(residual + remaining(self.params) * attention, self.params)

    def __repr__(self) -> str:
        kind = (
            self.form
            if self.method == "exact"
            else f"{self.form}, {self.method} of rank {self.rank}"
        )
        kind += "" if self.tuned is None else ", tuned"
        return (
            f"<CompiledModel ({kind}): {len(self.particles):,} particles, "
            f"{self.heads.head_count + 1} heads, {self.layers} layers>"
        )


def _short(root: str) -> str:
    """The first digits of a root, and the height where it has one."""
    digits, at, height = root.partition("@")
    return f"{digits[:16]}…{at}{height}"
