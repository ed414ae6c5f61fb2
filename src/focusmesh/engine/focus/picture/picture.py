"""Pictures of a focus: the first as bars, all of it by rank, and the net of what matters most.

Needs the extra ``plot``. Draws on the axes it is given, or on new ones; never opens a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.picture import canvas, layout
from focusmesh.engine.focus.picture.degree import plot_degree
from focusmesh.engine.focus.picture.ego import plot_ego
from focusmesh.engine.focus.solve.solve import graph_focus
from focusmesh.engine.links import label
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from matplotlib.axes import Axes

    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

KINDS = ("bars", "curve")
GRAPH_KINDS = ("ego", "net", "degree")
_NARROWEST_LINK, _WIDEST_LINK = 0.5, 2.2


def plot_focus(
    focus: Focus,
    kind: str = "bars",
    ax: Axes | None = None,
    count: int = 20,
    title: str | None = None,
) -> Axes:
    """Draws the first ``count`` particles as ``"bars"``, or every score by rank as a ``"curve"``.

    Returns the axes. Raises ParameterError for another kind, MissingExtraError without the extra ``plot``.
    """
    if kind not in KINDS:
        raise ParameterError(
            f"no picture of a focus is called {kind!r}: use one of {', '.join(KINDS)}; "
            "Graph.plot draws those that need links"
        )
    axes = canvas.new_axes() if ax is None else ax
    if kind == "bars":
        _draw_bars(focus, axes, count)
    else:
        _draw_curve(focus, axes)
    canvas.head(axes, title)
    return axes


def plot_net(
    graph: LinkView,
    focus: Focus,
    *,
    seeds: Iterable[Hashable] = (),
    count: int = 40,
    colour: str = "cluster",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws ``count`` particles and the links between them: ``seeds``, those of most focus, and what ties them.

    Two thirds are the first of the ranking (in a context: of what it makes matter more), the rest is what has
    most focus and links to these. Area is focus; ``colour`` says what colours mean: ``"cluster"`` (of particles,
    by modularity among those drawn) or ``"relation"`` (of links). Returns the axes. O(m) to find the links,
    O(count²) to lay out.
    """
    if colour not in ("cluster", "relation"):
        raise ParameterError(f"colour={colour!r} must be 'cluster' or 'relation'")
    axes = canvas.new_axes((10.0, 7.0)) if ax is None else ax
    places = [focus.particles.index(seed) for seed in seeds]
    graph = graph.copy()
    net = layout.net_of(graph, _choose_particles(graph, focus, places, count))
    if colour == "relation" and net.relation is not None and graph.relations is not None:
        canvas.draw_legend(axes, [label(name) for name in graph.relations], net.relation)
    width, height = canvas.clear_axes(axes, title)
    if not len(net.chosen):
        return axes
    scores = focus.scores[net.chosen]
    labels = [layout.short_label(label(focus.particles[i])) for i in net.chosen.tolist()]
    radius = layout.radii(scores)
    fonts = layout.font_sizes(radius)
    place = layout.positions(net, width, height)
    place = layout.separate_boxes(place, layout.label_boxes(labels, radius, fonts), width, height)
    discs, links = _inks(net, colour)
    _draw_links(axes, net, place, radius, links)
    axes.add_collection(canvas.discs(place, radius, discs))
    canvas.draw_labels_below(axes, place, radius, fonts, labels)
    return axes


def plot_graph(
    graph: LinkView,
    centre: Hashable | None = None,
    *,
    kind: str | None = None,
    focus: Focus | None = None,
    count: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """See ``Graph.plot``."""
    chosen = kind or ("net" if centre is None else "ego")
    if chosen not in GRAPH_KINDS:
        raise ParameterError(
            f"no picture of a graph is called {chosen!r}: use one of {', '.join(GRAPH_KINDS)}"
        )
    if (chosen == "ego") != (centre is not None):
        raise ParameterError(
            f"a picture of kind {chosen!r} {'needs a centre' if centre is None else 'has no centre'}"
        )
    sized = graph_focus(graph) if focus is None else focus
    if len(sized.scores) != graph.particle_count:
        raise InputError(
            f"the focus has {len(sized.scores)} particles and the graph {graph.particle_count}: rank it again"
        )
    counted: dict[str, int] = {} if count is None else {"count": count}
    if centre is not None:
        return plot_ego(graph, sized, centre, title=title, ax=ax, **counted)
    draw = plot_net if chosen == "net" else plot_degree
    return draw(graph, sized, title=title, ax=ax, **counted)


def _draw_bars(focus: Focus, axes: Axes, count: int) -> None:
    """The first particles, the bound as a whisker where it is wide enough to be seen."""
    items = focus.top(count)[::-1]
    scores = [ranked.score for ranked in items]
    axes.barh(
        range(len(items)),
        scores,
        color=canvas.COLOURS[0],
        height=0.72,
        xerr=[min(focus.bound, score) for score in scores],
        error_kw={"ecolor": canvas.INK, "elinewidth": 1.0},
    )
    names = [canvas.plain(layout.short_label(label(ranked.particle))) for ranked in items]
    axes.set_yticks(range(len(items)), names)
    axes.tick_params(axis="y", length=0)
    axes.margins(y=0.01)
    axes.set_xlabel(f"focus (bound {focus.bound:.1e})")
    canvas.quiet_frame(axes, ("top", "right", "left"))


def _draw_curve(focus: Focus, axes: Axes) -> None:
    """Every score by rank on logarithmic axes, named at ranks 1, 10, 100 …; what lies under the bound is shaded."""
    order = focus.order()
    ranked = focus.scores[order]
    axes.loglog(np.arange(1, len(ranked) + 1), ranked, color=canvas.COLOURS[0], linewidth=2.0)
    if focus.bound > 0 and len(ranked) and ranked[-1] < focus.bound:
        axes.axhspan(ranked[-1], focus.bound, color=canvas.MORE, alpha=0.25, linewidth=0)
    for power in range(len(str(len(ranked))) if len(ranked) else 0):
        place = 10**power - 1
        axes.plot(place + 1, ranked[place], "o", color=canvas.COLOURS[0], markersize=4)
        axes.annotate(
            canvas.plain(layout.short_label(label(focus.particles[int(order[place])]))),
            (place + 1, float(ranked[place])),
            # The last name goes to the left, where there is room for it.
            xytext=(-6, -10) if 10 * place >= len(ranked) else (5, 4),
            ha="right" if 10 * place >= len(ranked) else "left",
            textcoords="offset points",
            fontsize=8,
            color=canvas.INK,
        )
    axes.set_xlabel("rank")
    axes.set_ylabel("focus")
    canvas.quiet_frame(axes, ("top", "right"))


def _choose_particles(graph: LinkView, focus: Focus, seeds: list[int], count: int) -> OffsetArray:
    """The seeds, the particles of most focus, and for the last third of ``count`` what ties them together."""
    worth = focus.scores
    if focus.relevance is not None:
        worth = np.where(focus.relevance > 0, worth, 0.0)
    best = np.argsort(-worth, kind="stable")[:count].tolist()
    ranked = list(dict.fromkeys([*seeds, *best]))
    core = np.array(ranked[: max(count - count // 3, len(seeds))], dtype=np.int64)
    ties = layout.companions(graph, core, worth, max(count - len(core), 0))
    rest = [at for at in ranked if at not in {*core.tolist(), *ties.tolist()}]
    missing = max(count - len(core) - len(ties), 0)
    return np.concatenate((core, ties, np.array(rest[:missing], dtype=np.int64)))


def _inks(net: layout.Net, colour: str) -> tuple[list[str], list[str]]:
    """A colour for each disc and for each link."""
    if colour == "relation" and net.relation is not None:
        place = {relation: i for i, relation in enumerate(canvas.by_frequency(net.relation))}
        return ["#52606d"] * len(net.chosen), [canvas.ink(place[i]) for i in net.relation.tolist()]
    cluster = layout.clusters(net)
    return [canvas.ink(i) for i in cluster.tolist()], [
        canvas.ink(i) for i in cluster[net.source].tolist()
    ]


def _draw_links(
    axes: Axes, net: layout.Net, place: FloatArray, radius: FloatArray, inks: list[str]
) -> None:
    """An arc for each link from rim to rim; heavier ones are wider and darker."""
    from matplotlib.patches import FancyArrowPatch

    strength = np.log1p(net.weight)
    strength = strength / (strength.max(initial=0.0) or 1.0)
    crowded = min(1.0, 120 / max(len(net.source), 1))
    for source, target, part, ink in zip(
        net.source.tolist(), net.target.tolist(), strength.tolist(), inks, strict=True
    ):
        axes.add_patch(
            FancyArrowPatch(
                tuple(place[source]),
                tuple(place[target]),
                connectionstyle="arc3,rad=0.14",
                arrowstyle="-|>,head_length=3,head_width=1.4",
                shrinkA=radius[source],
                shrinkB=radius[target] + 1.0,
                linewidth=_NARROWEST_LINK + (_WIDEST_LINK - _NARROWEST_LINK) * part,
                color=ink,
                alpha=(0.3 + 0.45 * part) * (0.3 + 0.7 * crowded),
                zorder=1,
            )
        )
