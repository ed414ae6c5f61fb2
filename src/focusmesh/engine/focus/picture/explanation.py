"""A score taken apart: each walk, and what is not a listed walk, as a bar of its share.

Needs the extra ``plot``. Draws on the axes it is given, or on new ones; never opens a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.picture import canvas, layout
from focusmesh.engine.links import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from focusmesh.engine.focus.explanation.explanation import Explanation, Walk

_FONT = 9.0
_BAR = 0.34


def plot_explanation(
    explanation: Explanation, *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draws the parts of the score of ``explanation.target`` as bars in per cent of it, the walks first.

    Each walk is written out above its bar; arrows point the way of the links. Returns the axes.
    """
    parts = [(_said(walk), walk.share, canvas.ink(0)) for walk in explanation.walks]
    parts.append(("all other walks from the context", explanation.remainder, canvas.MORE))
    parts.append(("background: what it has without the context", explanation.background, "#cbd2d9"))
    axes = canvas.new_axes((8.0, 0.9 + 0.55 * len(parts))) if ax is None else ax
    whole = explanation.score or 1.0
    for row, (text, share, ink) in enumerate(parts):
        axes.barh(row, 100 * share / whole, height=_BAR, color=ink, zorder=2)
        axes.annotate(
            f"{share / whole:.1%}  {canvas.plain(text)}",
            (0, row - _BAR / 2),
            xytext=(1, 2),
            textcoords="offset points",
            fontsize=_FONT,
            color=canvas.INK,
        )
    axes.set_ylim(len(parts) - 0.5, -0.9)
    axes.set_yticks([])
    axes.set_xlabel(f"share of the focus of {canvas.plain(_name(explanation.target))}, per cent")
    canvas.quiet_frame(axes, ("top", "right", "left"))
    canvas.head(axes, title)
    return axes


def _said(walk: Walk) -> str:
    text = _name(walk.particles[0])
    for direction, name in zip(walk.directions, walk.particles[1:], strict=True):
        text += f" {direction} {_name(name)}"
    return text


def _name(particle: object) -> str:
    return layout.short_label(label(particle))
