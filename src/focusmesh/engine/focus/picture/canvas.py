"""What all pictures share: axes, a canvas measured in points, inks, discs, legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.picture import layout
from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

INK = "#1f2933"
MORE = "#9aa5b1"
COLOURS = ("#3b6fb6", "#d9822b", "#3a9d6e", "#b5507f", "#7a5bb0", "#a58a2d", "#4aa3b5", "#8a6d5b")


def new_axes(size: tuple[float, float] = (7.0, 5.0)) -> Axes:
    """Axes on a new figure that a notebook shows by itself."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError("plot", "a picture") from error
    return plt.subplots(figsize=size, layout="constrained")[1]


def quiet_frame(axes: Axes, hidden: Sequence[str]) -> None:
    """Takes away the sides of the frame that are not needed."""
    for side in hidden:
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)


def clear_axes(axes: Axes, title: str | None) -> tuple[float, float]:
    """Makes the axes a canvas with one data unit a point and no frame; returns its width and height.

    The figure is laid out first, heading included: what is placed in points must not be scaled afterwards.
    """
    axes.set_axis_off()
    head(axes, title)
    figure: Any = axes.figure.canvas.figure
    figure.draw_without_rendering()
    extent, scale = axes.get_window_extent(), 72.0 / figure.dpi
    width, height = float(extent.width * scale), float(extent.height * scale)
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    return width, height


def head(axes: Axes, title: str | None) -> None:
    """Sets the title, left above the picture."""
    if title:
        axes.set_title(plain(title), loc="left", color=INK, fontsize=13, fontweight="bold", pad=10)


def ink(place: int) -> str:
    """The colour of the cluster or relation of that rank; all from the ninth on are grey."""
    return COLOURS[place] if 0 <= place < len(COLOURS) else MORE


def by_frequency(relation: OffsetArray) -> list[int]:
    """Relations, the most frequent first."""
    found, times = np.unique(relation, return_counts=True)
    return [int(found[i]) for i in np.argsort(-times, kind="stable")]


def discs(place: FloatArray, radius: FloatArray, inks: list[str]) -> Any:
    """A disc for each particle, as one collection."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    circles = [Circle(tuple(at), size) for at, size in zip(place, radius.tolist(), strict=True)]
    return PatchCollection(circles, facecolor=inks, edgecolor="white", linewidth=1.2, zorder=2)


def plain(text: str) -> str:
    """``text`` with its dollars as dollars: between two of them matplotlib would set a formula."""
    return text.replace("$", r"\$")


def halo() -> list[Any]:
    """A white rim that keeps text readable over lines."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.4, foreground="white", alpha=0.9)]


def draw_labels_below(
    axes: Axes, place: FloatArray, radius: FloatArray, fonts: FloatArray, labels: Sequence[str]
) -> None:
    """A label under each disc."""
    for (x, y), size, font, text in zip(place, radius, fonts, labels, strict=True):
        axes.text(
            x,
            y - size - layout.LABEL_GAP,
            plain(text),
            ha="center",
            va="top",
            fontsize=font,
            color=INK,
            path_effects=halo(),
            zorder=3,
        )


def draw_legend(axes: Axes, relations: list[str], relation: OffsetArray) -> None:
    """What the colours of links mean, above the net on the right."""
    from matplotlib.lines import Line2D

    found = by_frequency(relation)[: len(COLOURS)]
    lines = [
        Line2D([], [], color=ink(i), linewidth=2.0, label=layout.short_label(relations[kind]))
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
