"""The ego view: one particle, what links to it on the left, what it links to on the right.

Needs the extra ``plot``. Draws on the axes it is given, or on new ones; never opens a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.picture import canvas, layout
from focusmesh.engine.links import label

if TYPE_CHECKING:
    from collections.abc import Hashable

    from matplotlib.axes import Axes

    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_SIZE = (9.0, 5.6)
_FONT, _CENTRE_FONT, _NOTE_FONT = 9.0, 12.0, 9.0
_NEAREST, _BULGE = 0.36, 0.06
_CENTRE_RADIUS, _ROW_SHARE = 34.0, 0.44
_NARROWEST_LINK, _WIDEST_LINK = 0.7, 7.0
_SECOND_COLOUR = 1


@dataclass(frozen=True, slots=True)
class _Side:
    """Neighbours on one side: ``flow[i]`` is the focus that one step carries between ``others[i]`` and the centre."""

    others: OffsetArray
    flow: FloatArray
    total: int
    inward: bool


def plot_ego(
    graph: LinkView,
    focus: Focus,
    centre: Hashable,
    *,
    count: int = 12,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws ``centre`` with up to ``count`` particles that link to it and ``count`` that it links to.

    Area is focus. The width of a link is what a step along it carries, φ_i·A_ij/o_i: by this the neighbours are
    chosen and ordered. A particle linked both ways stands on both sides. Returns the axes; raises
    UnknownParticleError. O(log m + links of the centre).
    """
    at = graph.index(centre)
    axes = canvas.new_axes(_SIZE) if ax is None else ax
    width, height = canvas.clear_axes(axes, title)
    sides = [_side(graph, focus, at, count, inward=inward) for inward in (True, False)]
    middle = np.array([width / 2, height / 2])
    scale = _scale(focus, at, sides, height)
    own = max(layout.SMALLEST_RADIUS, scale * np.sqrt(focus.scores[at]))
    strongest = max((float(side.flow.max(initial=0.0)) for side in sides), default=0.0) or 1.0
    for side in sides:
        place = _places(len(side.others), width, height, left=side.inward)
        radius = np.maximum(layout.SMALLEST_RADIUS, scale * np.sqrt(focus.scores[side.others]))
        _draw_side(axes, side, place, radius, (middle, float(own)), strongest)
        _draw_names(axes, graph, side, place, radius)
        _draw_note(axes, side, width, height)
    axes.add_collection(canvas.discs(middle[None, :], np.array([own]), [canvas.INK]))
    shown = [layout.short_label(label(centre))]
    canvas.draw_labels_below(
        axes, middle[None, :], np.array([own]), np.array([_CENTRE_FONT]), shown
    )
    return axes


def _side(graph: LinkView, focus: Focus, at: int, count: int, *, inward: bool) -> _Side:
    """The ``count`` strongest neighbours of particle ``at``, by flow, then by focus."""
    s = graph.structure
    here = int(s.position[at])
    others, weights = s.in_row(here) if inward else s.out_row(here)
    senders = others if inward else np.full(len(others), here)
    particles = s.order[others].astype(np.int64)
    flow = focus.scores[s.order[senders]] * weights / s.out_total[senders]
    ranked = np.lexsort((-focus.scores[particles], -flow))[:count]
    return _Side(particles[ranked], flow[ranked], len(others), inward)


def _scale(focus: Focus, at: int, sides: list[_Side], height: float) -> float:
    """Radius per √focus, the same for all discs: the largest that leaves each its room."""
    rooms = [(_CENTRE_RADIUS, float(focus.scores[at]))]
    for side in sides:
        row = _ROW_SHARE * height / max(len(side.others) + 1, 2)
        rooms.append((min(row, _CENTRE_RADIUS), float(focus.scores[side.others].max(initial=0.0))))
    return float(min(room / np.sqrt(score) for room, score in rooms if score > 0))


def _places(count: int, width: float, height: float, *, left: bool) -> FloatArray:
    """Positions (shape (count, 2)) on a shallow arc, from the top down."""
    down = (np.arange(count) + 1.0) / (count + 1.0)
    away = _NEAREST - _BULGE * (1 - np.abs(2 * down - 1))
    across = width * (away if left else 1 - away)
    return np.column_stack((across, height * (1 - down)))


def _draw_side(
    axes: Axes,
    side: _Side,
    place: FloatArray,
    radius: FloatArray,
    middle: tuple[FloatArray, float],
    strongest: float,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    ink = canvas.ink(0 if side.inward else _SECOND_COLOUR)
    centre, own = middle
    for at, size, part in zip(place, radius.tolist(), side.flow / strongest, strict=True):
        ends = ((tuple(at), size), (tuple(centre), own))
        (start, before), (stop, after) = ends if side.inward else ends[::-1]
        bend = 0.12 * float(at[1] - centre[1]) / max(float(centre[1]), 1.0)
        axes.add_patch(
            FancyArrowPatch(
                start,
                stop,
                connectionstyle=f"arc3,rad={bend if side.inward else -bend:.3f}",
                arrowstyle="-|>,head_length=4,head_width=2",
                shrinkA=before,
                shrinkB=after + 1.5,
                linewidth=_NARROWEST_LINK + (_WIDEST_LINK - _NARROWEST_LINK) * float(part),
                color=ink,
                alpha=0.25 + 0.35 * float(part),
                zorder=1,
            )
        )
    axes.add_collection(canvas.discs(place, radius, [ink] * len(place)))


def _draw_names(
    axes: Axes, graph: LinkView, side: _Side, place: FloatArray, radius: FloatArray
) -> None:
    for name, (x, y), size in zip(side.others.tolist(), place, radius, strict=True):
        gap = size + 4.0
        axes.text(
            x - gap if side.inward else x + gap,
            y,
            canvas.plain(layout.short_label(label(graph.particles[name]))),
            ha="right" if side.inward else "left",
            va="center",
            fontsize=_FONT,
            color=canvas.INK,
            path_effects=canvas.halo(),
            zorder=3,
        )


def _draw_note(axes: Axes, side: _Side, width: float, height: float) -> None:
    """What the side is, and how many neighbours there are beyond those drawn."""
    what = "link here" if side.inward else "linked from here"
    shown = len(side.others)
    number = f"{shown} of {side.total:,}" if shown < side.total else f"{side.total:,}"
    axes.text(
        width * (_NEAREST if side.inward else 1 - _NEAREST),
        height,
        f"{number} {what}",
        ha="right" if side.inward else "left",
        va="top",
        fontsize=_NOTE_FONT,
        color=canvas.ink(0 if side.inward else _SECOND_COLOUR),
        zorder=3,
    )
