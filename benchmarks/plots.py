"""The picture of time and memory against size that stands in the documentation, drawn from ``results/scale.json``."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from benchmarks.data.graphs import ROOT
from benchmarks.harness import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.harness import Row

PICTURE = ROOT / "docs" / "images" / "scale.svg"
_MARK = re.compile(r"drawn from ([0-9a-f]{64})")
_STEPS = {
    "build": ("Building", "build from mapped arrays", "#1b6ca8"),
    "pagerank": ("Ranking", "rank, PageRank mode", "#c8553d"),
    "full": ("Ranking", "rank, full operator (K = 8)", "#588157"),
}
_PANELS = {"s": "seconds", "GiB": "GiB resident at the peak"}
_TICKS = (0.2, 0.5, 1.0, 2.0, 4.0, 6.0)
_LIMITS = {6.0: "limit building", 4.0: "limit ranking"}


def draw() -> None:
    """Draws the picture anew, where there are results."""
    rows = _rows()
    if not rows:
        return
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Ids of clip paths come from the salt, and no date is kept: equal results give equal bytes.
    with rc_context({"svg.hashsalt": "focusmesh", "font.size": 9, "axes.grid": True}):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        for axes, (unit, label) in zip(figure.subplots(1, 2), _PANELS.items(), strict=True):
            _panel(axes, rows, unit, label)
        note = f"drawn from {digest(rows)}"
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(PICTURE, metadata={"Date": None, "Description": note})


def digest(rows: dict[str, list[Row]]) -> str:
    """What the picture says it was drawn from."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def up_to_date() -> bool:
    """Whether the picture is of the tracked results; true where there are none."""
    return is_drawn_from(PICTURE, _rows())


def is_drawn_from(picture: Path, rows: dict[str, list[Row]]) -> bool:
    """Whether a picture says that it was drawn from these; true where there are none."""
    found = _MARK.search(picture.read_text()) if picture.exists() else None
    return not rows or (found is not None and found[1] == digest(rows))


def _rows(path: Path = RESULTS / "scale.json") -> dict[str, list[Row]]:
    """Tables by the first word of their titles."""
    if not path.exists():
        return {}
    tables: dict[str, list[Row]] = json.loads(path.read_text())["tables"]
    return {title.split(":")[0]: rows for title, rows in tables.items()}


def _panel(axes: Any, rows: dict[str, list[Row]], unit: str, label: str) -> None:
    for step, (table, name, colour) in _STEPS.items():
        column = f"{step}_{unit}"
        points = [(row["links"], row[column]) for row in rows[table] if row.get(column)]
        if points:
            axes.plot(*zip(*points, strict=True), "o-", color=colour, label=name, markersize=4)
    axes.set(xscale="log", yscale="log", xlabel="links", ylabel=label)
    axes.grid(alpha=0.3)
    if unit == "GiB":
        axes.set(ylim=(0.12, 8.0), yticks=_TICKS, yticklabels=[f"{tick:g}" for tick in _TICKS])
        axes.minorticks_off()
        for limit, what in _LIMITS.items():
            axes.axhline(limit, color="#888888", linestyle=":", linewidth=1)
            axes.annotate(what, (0.02, limit), xycoords=("axes fraction", "data"), va="bottom")
    else:
        axes.legend(loc="upper left", frameon=False)
