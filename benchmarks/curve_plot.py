"""The picture of four costs against size, on the host and on a card, drawn from ``results/curve.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.data.graphs import ROOT
from benchmarks.harness import RESULTS
from benchmarks.plots import digest, is_drawn_from

if TYPE_CHECKING:
    from benchmarks.harness import Row

PICTURE = ROOT / "docs" / "images" / "curve.svg"
_COSTS = {
    "cold": ("cold solve", "#c8553d"),
    "edit": ("an edit and the focus after it", "#588157"),
    "context": ("fast context", "#1b6ca8"),
    "certificate": ("certificate", "#888888"),
}
_LINES = {"host": "o-", "card": "s--"}


def draw() -> None:
    """Draws the picture anew, where there are results."""
    tables = _tables()
    if not tables:
        return
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "focusmesh", "font.size": 9, "axes.grid": True}):
        figure = Figure(figsize=(8.4, 4.0), layout="constrained")
        for axes, (title, rows) in zip(
            figure.subplots(1, len(tables), sharey=True, squeeze=False)[0],
            tables.items(),
            strict=True,
        ):
            _panel(axes, rows, title.split(" (")[0])
        note = f"drawn from {digest(tables)}"
        figure.savefig(PICTURE, metadata={"Date": None, "Description": note})


def is_drawn() -> bool:
    """Whether the picture is of the tracked results; true where there are none."""
    return is_drawn_from(PICTURE, _tables())


def _tables() -> dict[str, list[Row]]:
    path = RESULTS / "curve.json"
    if not path.exists():
        return {}
    tables: dict[str, list[Row]] = json.loads(path.read_text())["tables"]
    return tables


def _panel(axes: Any, rows: list[Row], title: str) -> None:
    for cost, (label, colour) in _COSTS.items():
        for side, line in _LINES.items():
            column = f"{side}: {cost}"
            points = [(row["links"], row[column]) for row in rows if row.get(column) is not None]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    line,
                    color=colour,
                    label=f"{label}, {side}",
                    markersize=3,
                )
    axes.set(xscale="log", yscale="log", xlabel="links", title=title)
    axes.set_ylabel("milliseconds")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", frameon=False, fontsize=7)
