"""The picture of PageRank mode against size, beside the peers, drawn from ``results/sizes.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.data.graphs import ROOT
from benchmarks.harness import RESULTS
from benchmarks.plots import digest, is_drawn_from

if TYPE_CHECKING:
    from benchmarks.harness import Row

PICTURE = ROOT / "docs" / "images" / "sizes.svg"
_PANELS = {
    "rank_ms": "ranking a graph that is built, ms",
    "from_arrays_ms": "from arrays to scores, ms",
}
_COLOURS = {
    "focusmesh": "#c8553d",
    "SciPy float64": "#1b6ca8",
    "igraph": "#588157",
    "NetworkX": "#888888",
}


def draw() -> None:
    """Draws the picture anew, where there are results."""
    tables = _tables()
    if not tables:
        return
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = tables["Code loaded"]
    with rc_context({"svg.hashsalt": "focusmesh", "font.size": 9, "axes.grid": True}):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        for axes, (column, label) in zip(figure.subplots(1, 2), _PANELS.items(), strict=True):
            _panel(axes, rows, column, label)
        note = f"drawn from {digest(tables)}"
        figure.savefig(PICTURE, metadata={"Date": None, "Description": note})


def is_current() -> bool:
    """Whether the picture is of the tracked results; true where there are none."""
    return is_drawn_from(PICTURE, _tables())


def _tables() -> dict[str, list[Row]]:
    path = RESULTS / "sizes.json"
    if not path.exists():
        return {}
    tables: dict[str, list[Row]] = json.loads(path.read_text())["tables"]
    return {title.split(":")[0]: rows for title, rows in tables.items()}


def _panel(axes: Any, rows: list[Row], column: str, label: str) -> None:
    for engine, colour in _COLOURS.items():
        points = [(row["links"], row[column]) for row in rows if row["engine"] == engine]
        axes.plot(*zip(*points, strict=True), "o-", color=colour, label=engine, markersize=3)
    axes.set(xscale="log", yscale="log", xlabel="links", ylabel=label)
    axes.axvline(100_000, color="#bbbbbb", linestyle=":", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", frameon=False)
