"""Focus against degree: what matters more, or less, than the number of its links says.

Needs the extra ``plot``. Draws on the axes it is given, or on new ones; never opens a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.picture import canvas, layout
from focusmesh.engine.links import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_SIZE = (8.0, 5.6)
_FONT = 8.5
_POINTS_DRAWN = 20_000
_ABOVE, _BELOW = 0, 1
_MARK_ROOM = (-4.0, -4.0, 4.0, 4.0)


def plot_degree(
    graph: LinkView,
    focus: Focus,
    *,
    count: int = 12,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws every linked particle at its degree and its focus, both logarithmic, and names ``count`` outliers.

    The degree is the weight of all links, in and out. The line is what focus would be if degree alone decided:
    diffusion·α/n + (1 − diffusion·α)·d/Σd. Two thirds of the names are what lies farthest above it, the rest
    what lies farthest below, by φ·|ln(φ / line)|. Beyond 20,000 particles the others are shaded by their number.
    Returns the axes. O(m + n log n).
    """
    axes = canvas.new_axes(_SIZE) if ax is None else ax
    s = graph.structure
    degree = s.degree_total[s.position]
    shown = np.flatnonzero((degree > 0) & (focus.scores > 0))
    line = expected_focus(degree, focus.params.gap)
    above, below = outliers(focus.scores[shown], line[shown], count)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _draw_points(axes, degree[shown], focus.scores[shown])
    if len(shown):
        _draw_line(axes, degree[shown], line[shown])
    axes.set_xlabel("degree (weight of links, in and out)")
    axes.set_ylabel("focus")
    canvas.quiet_frame(axes, ("top", "right"))
    canvas.head(axes, title)
    named = np.concatenate((shown[above], shown[below]))
    inks = [canvas.ink(_ABOVE)] * len(above) + [canvas.ink(_BELOW)] * len(below)
    labels = [layout.short_label(label(graph.particles[i])) for i in named.tolist()]
    _draw_names(axes, degree[named], focus.scores[named], labels, inks)
    return axes


def expected_focus(degree: FloatArray, gap: float) -> FloatArray:
    """What focus would be if degree alone decided: the teleport's share evenly, the rest by degree."""
    total = float(degree.sum()) or 1.0
    return gap / max(len(degree), 1) + (1 - gap) * degree / total


def outliers(scores: FloatArray, line: FloatArray, count: int) -> tuple[OffsetArray, OffsetArray]:
    """Indices of what lies farthest above ``line`` (two thirds of ``count``) and below it, farthest first.

    Distances are max(φ, line)·ln of the ratio, so that neither a small score twice its line nor a large one
    a little off it comes first.
    """
    away = np.maximum(scores, line) * np.log(scores / line)
    below = np.argsort(away, kind="stable")[: count // 3]
    above = np.argsort(-away, kind="stable")[: count - count // 3]
    return above[away[above] > 0], below[away[below] < 0]


def _draw_points(axes: Axes, degree: FloatArray, scores: FloatArray) -> None:
    if len(degree) <= _POINTS_DRAWN:
        axes.scatter(degree, scores, s=9, color=canvas.MORE, alpha=0.55, linewidths=0, zorder=1)
        return
    axes.hexbin(
        degree,
        scores,
        xscale="log",
        yscale="log",
        bins="log",
        gridsize=70,
        mincnt=1,
        cmap="Greys",
        linewidths=0.1,
        zorder=1,
    )


def _draw_line(axes: Axes, degree: FloatArray, line: FloatArray) -> None:
    """Where degree alone would put every particle, labelled at its upper end."""
    order = np.argsort(degree, kind="stable")
    axes.plot(degree[order], line[order], color=canvas.INK, linewidth=1.0, linestyle="--", zorder=2)
    axes.annotate(
        "if degree alone decided",
        (float(degree[order[0]]), float(line[order[0]])),
        xytext=(4, -12),
        textcoords="offset points",
        fontsize=_FONT - 1,
        fontstyle="italic",
        color=canvas.INK,
    )


def _draw_names(
    axes: Axes, degree: FloatArray, scores: FloatArray, labels: list[str], inks: list[str]
) -> None:
    """Marks the outliers and puts their names beside them, moved apart where they would hide each other."""
    if not labels:
        return
    axes.margins(0.08)
    axes.scatter(degree, scores, s=26, c=inks, linewidths=0, zorder=4)
    figure: Any = axes.figure.canvas.figure
    figure.draw_without_rendering()
    frame, points = axes.get_window_extent(), 72.0 / figure.dpi
    marks = axes.transData.transform(np.column_stack((degree, scores)))
    at = (marks - (frame.x0, frame.y0)) * points
    width, height = frame.width * points, frame.height * points
    boxes = _boxes(labels)
    # Beside its mark, on the side of the middle.
    away = (boxes[:, 2] + _MARK_ROOM[2] + 1.5) * np.where(at[:, 0] < width / 2, 1.0, -1.0)
    start = at + np.column_stack((away, np.zeros(len(labels))))
    room = np.tile(_MARK_ROOM, (len(labels), 1))
    place = layout.separate_boxes(
        np.concatenate((start, at)), np.concatenate((boxes, room)), width, height, len(at)
    )[: len(labels)]
    for mark, (x, y), text, ink in zip(at, place, labels, inks, strict=True):
        axes.annotate(
            canvas.plain(text),
            (mark[0] / width, mark[1] / height),
            xytext=(x / width, y / height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            ha="center",
            va="center",
            fontsize=_FONT,
            color=canvas.INK,
            path_effects=canvas.halo(),
            arrowprops={"arrowstyle": "-", "color": ink, "linewidth": 0.6, "shrinkB": 2},
            zorder=5,
        )


def _boxes(labels: list[str]) -> FloatArray:
    half = np.array([layout.text_width(text, _FONT) / 2 + 2.0 for text in labels])
    tall = np.full(len(labels), 0.7 * _FONT)
    return np.column_stack((-half, -tall, half, tall))
