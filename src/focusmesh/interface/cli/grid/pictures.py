"""The pictures of ``grid demo``: how models learn, who is recognised, how κ settles, where cubes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.interface.cli.grid.studies import CLOSE, CUBES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from focusmesh.engine.grid.cube import Grid
    from focusmesh.engine.grid.model import Proportion, Trained
    from focusmesh.interface.cli.grid.studies import Recognised

SIZE = (7.5, 5.0)
_INK = "#52606d"


def learning(trained: Mapping[str, Trained]) -> Callable[[Axes], None]:
    """Nats a byte over the steps, a line a model."""

    def draw(axes: Axes) -> None:
        colours = _colours(len(trained))
        for (name, each), colour in zip(trained.items(), colours, strict=True):
            steps, nats = zip(*each.curve, strict=True)
            axes.plot(steps, nats, color=colour, linewidth=1.6, label=name)
        axes.set(xlabel="steps of 32 windows", ylabel="nats a byte, in training")
        axes.set_title("Nine models learn", loc="left")
        axes.set_ylim(bottom=0)
        axes.legend(ncols=3, frameon=False, fontsize=8)
        _plain(axes)

    return draw


def recognising(found: Recognised, shares: Mapping[str, Proportion]) -> Callable[[Axes], None]:
    """What the cube took snippets for, and in the title how the others did."""
    rows = np.array([found.counts["cube"][kind] for kind in found.kinds], dtype=float)
    rows /= rows.sum(axis=1, keepdims=True)

    def draw(axes: Axes) -> None:
        axes.imshow(rows, cmap="Blues", vmin=0.0, vmax=1.0)
        for row, column in np.argwhere(rows > 0.0).tolist():
            ink = "white" if rows[row, column] > 0.5 else _INK
            text = f"{rows[row, column]:.0%}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=8)
        places = range(len(found.kinds))
        axes.set_xticks(places, found.kinds, rotation=35, ha="right")
        axes.set_yticks(places, found.kinds)
        axes.set(xlabel="taken for", ylabel="is")
        told = ", ".join(f"{way} {each.value:.1%}" for way, each in shares.items())
        axes.set_title(f"{found.snippet_bytes} bytes of a text: {told}", loc="left", fontsize=10)

    return draw


def settling(curves: Mapping[str, Sequence[float]]) -> Callable[[Axes], None]:
    """The farthest κ of 64 cubes, by cycle."""

    def draw(axes: Axes) -> None:
        for (start, curve), colour in zip(curves.items(), _colours(len(curves)), strict=True):
            axes.plot(curve, color=colour, linewidth=1.6, label=f"from {start}")
        axes.axhline(CLOSE, color=_INK, linewidth=0.8, linestyle="--")
        axes.set(xlabel="cycles", ylabel="farthest |κ − 0.6|", yscale="log")
        axes.set_title(f"κ of {CUBES**3} cubes settles", loc="left")
        axes.legend(frameon=False)
        _plain(axes)

    return draw


def standing(grid: Grid) -> Callable[[Axes], None]:
    """The active blocks, seen from above a corner: those of cubes dark, all others light."""
    from focusmesh.engine.grid.cube import blocks_of

    corners = {corner for cube in grid.instances.values() for corner in blocks_of(cube.at).values()}
    at = grid.array.blocks().coordinates
    of_cube = np.array([corner in corners for corner in map(tuple, at.tolist())])

    def draw(axes: Axes) -> None:
        behind_first = np.argsort(at @ (1, 1, 1), kind="stable")
        (x, y, z), dark = at[behind_first].T, of_cube[behind_first]
        across, up = 0.92 * x - 0.5 * y, 0.95 * z - 0.28 * x - 0.42 * y
        colours = np.where(dark, "#1e3a8a", "#bfd3f2")
        axes.scatter(across, up, c=colours.tolist(), s=np.where(dark, 7, 2), linewidths=0)
        axes.set_aspect("equal")
        axes.set_axis_off()
        told = f"{len(grid.instances)} cubes among {len(at):,} active blocks of 100³"
        axes.set_title(told, loc="left")

    return draw


def _colours(count: int) -> list[tuple[float, float, float, float]]:
    import matplotlib as mpl

    palette = mpl.colormaps["viridis"]
    return [palette(0.9 * at / max(count - 1, 1)) for at in range(count)]


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
