"""What a reader sees of the graph: names that can be read at every size, and ways on from wherever nothing is found."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse

    Box = dict[str, Any]

SIZES = {"notebook": [1366, 768], "phone": [390, 844], "4K": [3840, 2160]}


def test_names_lie_on_no_other_name_and_on_no_particle(browse: Browse, graph: str) -> None:
    """Read from what is written on the canvas, of a crowd of particles with long names of which one is chosen."""
    steps: list[list[Any]] = [["crowd", 60], ["goto", f"{graph}/#/?particle=sleep"]]
    steps += [["wait", ".canvas-sigma"], ["until", {"selector": ".corner", "text": "61 part"}]]
    for name, size in SIZES.items():
        steps += [["resize", size], ["names", name]]
    (found,) = browse({"steps": steps})
    for name in SIZES:
        ink, discs = found[name]["ink"], found[name]["discs"]
        assert len(ink) >= 3, name
        assert "sleep" in {one["text"] for one in ink}, name
        for one, other in combinations(ink, 2):
            assert not intersect(one, other), (name, one["text"], other["text"])
        for one in ink:
            assert not any(covers(disc, one) for disc in discs), (name, one["text"])
    height = {name: median_height(found[name]["ink"]) for name in SIZES}
    assert height["4K"] > 1.5 * height["notebook"]


def test_ways_on(browse: Browse, graph: str, ledger: str) -> None:
    """Examples on the first visit alone, near names where nothing is found, and no way to stand at what is missing."""
    chips, rows = ".chips button", ["wait", ".rows button"]
    visit = [
        *(["goto", graph], ["wait", chips], ["look", "first"]),
        *(["click", chips], ["until", {"selector": "h2", "text": "Recalled"}], rows),
        *(["look", "asked"], ["goto", f"{graph}/#/?"], rows, ["look", "again"]),
        *(["click", "input[type=search]"], ["press", "ArrowDown"], ["press", "Enter"]),
        *(["wait", "#particle-title"], ["look", "chosen"]),
    ]
    missing = [["goto", f"{graph}/#/?q=cofee&particle=sleeep"], ["wait", f".inspector {chips}"]]
    see = {"chips": chips, "rows": ".rows .name", "title": "#particle-title"}
    stand = {"offered": ".inspector .actions button", "chips": chips}
    places = [["goto", f"{ledger}/#/blocks"], ["wait", "tbody tr"], ["click", "text=Square"]]
    places += [["wait", "#square-title"], ["click", "text=Pins"], ["wait", "#pins-title"]]
    visited, missed, placed = browse(
        {"steps": visit, "see": see},
        {"steps": [*missing, ["wait", f".results {chips}"]], "see": stand},
        {"steps": places, "see": {"here": ".places [aria-current=page]"}},
    )
    looks = visited["looks"]
    assert looks["first"]["chips"][0] == looks["first"]["rows"][0]
    assert looks["asked"]["rows"]
    assert looks["again"]["chips"] == []
    assert looks["chosen"]["title"] == [looks["again"]["rows"][0]]
    assert missed["seen"]["offered"] == []
    assert {"coffee", "sleep"} <= set(missed["seen"]["chips"])
    assert placed["seen"]["here"] == ["Pins"]


def intersect(one: Box, other: Box) -> bool:
    return bool(
        one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    )


def covers(disc: Box, box: Box) -> bool:
    across = disc["x"] - max(box["left"], min(disc["x"], box["right"]))
    down = disc["y"] - max(box["top"], min(disc["y"], box["bottom"]))
    return bool(math.hypot(across, down) < disc["size"])


def median_height(ink: list[Box]) -> float:
    heights = sorted(one["bottom"] - one["top"] for one in ink)
    return float(heights[len(heights) // 2])
