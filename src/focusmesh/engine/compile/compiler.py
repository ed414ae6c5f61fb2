"""From a graph to a compiled model: which particles, which form, and how far its answers are off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from focusmesh.engine.compile.accuracy import measure_accuracy
from focusmesh.engine.compile.factors import METHODS
from focusmesh.engine.compile.heads import Heads
from focusmesh.engine.compile.layers import layers_for
from focusmesh.engine.compile.low_rank import factors_for
from focusmesh.engine.compile.model import DENSE_PARTICLES_MAX, CompiledModel
from focusmesh.engine.compile.neighbourhood import neighbourhood
from focusmesh.engine.focus import FocusParams, verify_beta, verify_tolerance
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.progress import Progress

FORMS = ("auto", "dense", "edges")
_AUTO_DENSE_PARTICLES = 512
_WEIGHTS_BYTES_MAX = 2 * 10**9


def compile_graph(
    graph: LinkView,
    context: Iterable[Hashable] | Mapping[Any, float] | None = None,
    params: FocusParams | str | None = None,
    *,
    form: str = "auto",
    layers: int | None = None,
    tolerance: float = 1e-3,
    rank: int | None = None,
    method: str = "exact",
    beta: float = 0.5,
    count: int = 256,
    root: str | None = None,
    progress: Progress | None = None,
) -> CompiledModel:
    """See ``Graph.compile``. ``root`` names the graph otherwise than by its own root, such as by a ledger's state."""
    chosen = FocusParams.of(params)
    rank = _verify(form, layers, tolerance, rank, method, beta)
    named = graph.root if root is None else root
    seeds: tuple[Hashable, ...] = ()
    if context is not None:
        graph, seeds = neighbourhood(graph, context, count, chosen, beta, progress)
    if not graph.particle_count:
        raise InputError("the graph has no particles, so there is nothing to compile")
    heads = Heads.of(graph.links())
    form = _form(form, heads, rank)
    model = CompiledModel(
        particles=graph.particles,
        heads=heads,
        params=chosen,
        beta=beta,
        layers=layers_for(chosen, tolerance) if layers is None else layers,
        form=form,
        root=named,
        seeds=seeds,
        method=method,
        rank=rank,
        factors=None if rank is None else factors_for(heads, chosen, form, rank, method),
    )
    return replace(model, report=measure_accuracy(model, graph, progress))


def _is_count(value: object) -> bool:
    """Whether a number is at least 1 where one is given."""
    return value is None or (isinstance(value, int) and value >= 1)


def _verify(
    form: str, layers: int | None, tolerance: float, rank: int | None, method: str, beta: float
) -> int | None:
    """The rank that is meant; raises ParameterError for what does not go together."""
    _require(form in FORMS, f"form is one of {', '.join(FORMS)}, form = {form!r}")
    _require(_is_count(layers), f"layers ≥ 1, layers = {layers!r}")
    verify_tolerance(tolerance)
    verify_beta(beta)
    known = ("exact", *METHODS)
    _require(method in known, f"method is one of {', '.join(known)}, method = {method!r}")
    _require(
        (rank is None) == (method == "exact"),
        f"a rank with the methods {', '.join(METHODS)}, and none with 'exact': rank = {rank!r}, method = {method!r}",
    )
    _require(_is_count(rank), f"rank ≥ 1, rank = {rank!r}")
    return rank


def _form(form: str, heads: Heads, rank: int | None) -> str:
    """The form that is meant; raises InputError where its weights would not fit a file."""
    count = heads.particle_count
    if form == "auto":
        small = count <= (_AUTO_DENSE_PARTICLES if rank is None else DENSE_PARTICLES_MAX)
        form = "dense" if small else "edges"
    if form == "edges":
        needed = heads.nbytes if rank is None else 16 * count * rank
        _fit(needed, "a lower rank, or fewer particles")
        return form
    if count > DENSE_PARTICLES_MAX:
        raise InputError(
            f"{count:,} particles: the dense form takes up to {DENSE_PARTICLES_MAX:,}; use form='edges', or compile "
            "the surroundings of a context"
        )
    _fit(8 * (heads.head_count + 1) * count**2, "form='edges', or fewer particles")
    return form


def _fit(needed_bytes: int, remedy: str) -> None:
    if needed_bytes > _WEIGHTS_BYTES_MAX:
        raise InputError(
            f"its weights would have {needed_bytes / 1e9:.1f} GB, more than the 2 GB of an ONNX file: take {remedy}"
        )


def _require(holds: bool, inequality: str) -> None:
    if not holds:
        raise ParameterError(f"compile needs {inequality}")
