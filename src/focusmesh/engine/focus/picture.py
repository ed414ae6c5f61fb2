"""Pictures of a focus: the first as bars, all of it by rank, and the net of what matters most.

Needs the extra ``plot``. Draws on the axes it is given, or on new ones; never opens a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import picture_layout as layout
from focusmesh.engine.graph import label
from focusmesh.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from matplotlib.axes import Axes

    from focusmesh.engine.arrays import FloatArray, OffsetArray
    from focusmesh.engine.focus.result import Focus
    from focusmesh.engine.graph import Graph

KINDS = ("bars", "curve")
INK = "#1f2933"
COLOURS = ("#3b6fb6", "#d9822b", "#3a9d6e", "#b5507f", "#7a5bb0", "#a58a2d", "#4aa3b5", "#8a6d5b")
_MORE = "#9aa5b1"
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
            f"no picture of a focus is called {kind!r}: use one of {', '.join(KINDS)}"
        )
    axes = _new_axes() if ax is None else ax
    if kind == "bars":
        _draw_bars(focus, axes, count)
    else:
        _draw_curve(focus, axes)
    _head(axes, title)
    return axes


def plot_net(
    graph: Graph,
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
        raise ParameterError(f"colour={colour!r}: colours mean 'cluster' or 'relation'")
    axes = _new_axes((10.0, 7.0)) if ax is None else ax
    places = [focus.particles.index(seed) for seed in seeds]
    net = layout.net_of(graph, _chosen(graph, focus, places, count))
    if colour == "relation" and net.relation is not None and graph.relations is not None:
        _draw_legend(axes, [label(name) for name in graph.relations], net.relation)
    width, height = _canvas(axes, title)
    if not len(net.chosen):
        return axes
    scores = focus.scores[net.chosen]
    labels = [layout.short_label(label(focus.particles[i])) for i in net.chosen.tolist()]
    radius = layout.radii(scores)
    fonts = layout.font_sizes(radius)
    place = layout.positions(net, width, height)
    place = layout.separated(place, layout.label_boxes(labels, radius, fonts), width, height)
    discs, links = _inks(net, colour)
    _draw_links(axes, net, place, radius, links)
    axes.add_collection(_discs(place, radius, discs))
    _draw_labels(axes, place, radius, fonts, labels)
    return axes


def _new_axes(size: tuple[float, float] = (7.0, 5.0)) -> Axes:
    """Axes on a new figure that a notebook shows by itself."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError("plot", "a picture") from error
    return plt.subplots(figsize=size, layout="constrained")[1]


def _draw_bars(focus: Focus, axes: Axes, count: int) -> None:
    """The first particles, the bound as a whisker where it is wide enough to be seen."""
    items = focus.top(count)[::-1]
    scores = [ranked.score for ranked in items]
    axes.barh(
        range(len(items)),
        scores,
        color=COLOURS[0],
        height=0.72,
        xerr=[min(focus.bound, score) for score in scores],
        error_kw={"ecolor": INK, "elinewidth": 1.0},
    )
    names = [layout.short_label(label(ranked.particle)).replace("$", r"\$") for ranked in items]
    axes.set_yticks(range(len(items)), names)
    axes.tick_params(axis="y", length=0)
    axes.margins(y=0.01)
    axes.set_xlabel(f"focus (bound {focus.bound:.1e})")
    _quiet_frame(axes, ("top", "right", "left"))


def _draw_curve(focus: Focus, axes: Axes) -> None:
    """Every score by rank on logarithmic axes, named at ranks 1, 10, 100 …; what lies under the bound is shaded."""
    order = focus.order()
    ranked = focus.scores[order]
    axes.loglog(np.arange(1, len(ranked) + 1), ranked, color=COLOURS[0], linewidth=2.0)
    if focus.bound > 0 and len(ranked) and ranked[-1] < focus.bound:
        axes.axhspan(ranked[-1], focus.bound, color=_MORE, alpha=0.25, linewidth=0)
    for power in range(len(str(len(ranked))) if len(ranked) else 0):
        place = 10**power - 1
        axes.plot(place + 1, ranked[place], "o", color=COLOURS[0], markersize=4)
        axes.annotate(
            layout.short_label(label(focus.particles[int(order[place])])).replace("$", r"\$"),
            (place + 1, float(ranked[place])),
            # The last name goes to the left, where there is room for it.
            xytext=(-6, -10) if 10 * place >= len(ranked) else (5, 4),
            ha="right" if 10 * place >= len(ranked) else "left",
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    axes.set_xlabel("rank")
    axes.set_ylabel("focus")
    _quiet_frame(axes, ("top", "right"))


def _quiet_frame(axes: Axes, hidden: Sequence[str]) -> None:
    for side in hidden:
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)


def _chosen(graph: Graph, focus: Focus, seeds: list[int], count: int) -> OffsetArray:
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
        place = {relation: i for i, relation in enumerate(_by_frequency(net.relation))}
        return ["#52606d"] * len(net.chosen), [_ink(place[i]) for i in net.relation.tolist()]
    cluster = layout.clusters(net)
    return [_ink(i) for i in cluster.tolist()], [_ink(i) for i in cluster[net.source].tolist()]


def _ink(place: int) -> str:
    return COLOURS[place] if 0 <= place < len(COLOURS) else _MORE


def _by_frequency(relation: OffsetArray) -> list[int]:
    """Relations, the most frequent first."""
    found, times = np.unique(relation, return_counts=True)
    return [int(found[i]) for i in np.argsort(-times, kind="stable")]


def _canvas(axes: Axes, title: str | None) -> tuple[float, float]:
    """Makes the axes a canvas with one data unit a point and no frame; returns its width and height.

    The figure is laid out first, heading included: what is placed in points must not be scaled afterwards.
    """
    axes.set_axis_off()
    _head(axes, title)
    figure: Any = axes.figure.canvas.figure
    figure.draw_without_rendering()
    extent, scale = axes.get_window_extent(), 72.0 / figure.dpi
    width, height = float(extent.width * scale), float(extent.height * scale)
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    return width, height


def _head(axes: Axes, title: str | None) -> None:
    if title:
        text = title.replace("$", r"\$")
        axes.set_title(text, loc="left", color=INK, fontsize=13, fontweight="bold", pad=10)


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


def _discs(place: FloatArray, radius: FloatArray, inks: list[str]) -> Any:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    circles = [Circle(tuple(at), size) for at, size in zip(place, radius.tolist(), strict=True)]
    return PatchCollection(circles, facecolor=inks, edgecolor="white", linewidth=1.2, zorder=2)


def _draw_labels(
    axes: Axes, place: FloatArray, radius: FloatArray, fonts: FloatArray, labels: list[str]
) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.4, foreground="white", alpha=0.9)]
    for (x, y), size, font, text in zip(place, radius, fonts, labels, strict=True):
        axes.text(
            x,
            y - size - layout.LABEL_GAP,
            text.replace("$", r"\$"),
            ha="center",
            va="top",
            fontsize=font,
            color=INK,
            path_effects=halo,
            zorder=3,
        )


def _draw_legend(axes: Axes, relations: list[str], relation: OffsetArray) -> None:
    """What the colours of links mean, above the net on the right."""
    from matplotlib.lines import Line2D

    found = _by_frequency(relation)[: len(COLOURS)]
    lines = [
        Line2D([], [], color=_ink(i), linewidth=2.0, label=layout.short_label(relations[kind]))
        for i, kind in enumerate(found)
    ]
    axes.legend(
        handles=lines,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
