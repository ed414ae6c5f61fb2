"""The grid in a browser: its blocks drawn, its cubes asked, by mouse, by keys alone, and without WebGL."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse, Script

CUBES: list[object] = ["wait", ".cube-row"]
SIZES = [
    {"theme": "dark", "width": 360, "height": 740},
    {"theme": "light", "width": 1280, "height": 800},
]


def posted(address: str, path: str, body: str) -> list[object]:
    """A step of a reader during which somebody else asks for something."""
    program = (
        "from urllib.request import Request, urlopen; "
        f"urlopen(Request({address + path!r}, {body.encode()!r}, "
        "{'Content-Type': 'application/json'}), timeout=30)"
    )
    return ["command", [sys.executable, "-c", program]]


def shown(grid: str) -> list[list[object]]:
    """Steps to the page, with its cubes listed."""
    return [["goto", f"{grid}/#/grid"], CUBES]


def turned(grid: str) -> Script:
    """By keys, and in two colourings."""
    keys = [["press", key] for key in ("ArrowLeft", "ArrowUp", "+", "Shift+ArrowRight")]
    steps = [
        ["goto", grid],
        ["click", ".places a:has-text('Grid')"],
        CUBES,
        ["painted", "first"],
        ["click", ".space"],
        *keys,
        ["painted", "turned"],
        ["click", "[aria-label='Show all']"],
        ["click", ".switch:has-text('Model')"],
        ["until", {"selector": ".kinds", "text": "digits"}],
        ["painted", "models"],
    ]
    return {"steps": steps, "see": {"corner": ".corner", "cubes": ".cube-row .name"}}


def pointed(grid: str) -> Script:
    """At a block."""
    place = ["point", {"selector": ".space-canvas", "x": 470, "y": 380}]
    steps = [*shown(grid), ["painted", "seen"], place, ["wait", ".inspector .facts"]]
    return {"steps": steps, "see": {"title": ".inspector .title"}}


def by_keys(grid: str) -> Script:
    """To a cube: past the link to the content, brand, question, pages and theme."""
    tabs = [["press", "Tab"]] * 7
    chosen = [["press", "ArrowDown"], ["press", "Enter"], ["wait", "#cube-title"]]
    return {"steps": [*shown(grid), *tabs, *chosen], "see": {"title": "#cube-title"}}


def flat(grid: str) -> Script:
    """Without WebGL."""
    see = {"words": ".plan figcaption", "cubes": ".cube-row .name"}
    return {"steps": [*shown(grid), ["wait", ".plan canvas"]], "see": see, "flat": True}


def test_blocks_are_drawn_turned_and_pointed_at(browse: Browse, grid: str) -> None:
    seen = browse(turned(grid), pointed(grid), by_keys(grid), flat(grid))
    for found in seen:
        assert found["faults"] == []
    drawn, block, cube, plan = seen
    assert drawn["seen"]["cubes"] == plan["seen"]["cubes"] == ["a", "b"]
    assert "24 × 20 × 16" in drawn["seen"]["corner"][0]
    pictures = {drawn[name] for name in ("first", "turned", "models")}
    assert len(pictures) == 3
    assert min(pictures) > 8_000
    assert block["seen"]["title"][0].startswith("Block ")
    assert "block=" in block["address"]
    assert cube["seen"]["title"] == ["b"]
    assert "Seen from above" in plan["seen"]["words"][0]


def test_cubes_are_asked_and_their_news_come_by_themselves(browse: Browse, grid: str) -> None:
    said = '{"instance": "a", "command": "%s"}'
    asked, news = browse(
        {
            "steps": [
                ["goto", f"{grid}/#/grid"],
                CUBES,
                ["click", ".cube-row:has-text('b')"],
                ["wait", ".vertex"],
                ["fill", {"selector": "textarea", "text": "the quick"}],
                ["click", "text=Think"],
                ["wait", ".goes-on"],
                ["click", ".actions button:has-text('hold')"],
                ["until", {"selector": ".inspector .state", "text": "Held"}],
                ["until", {"selector": ".inspector .quiet", "text": "Only a cube in Execute"}],
                ["click", ".actions button:has-text('unhold')"],
                ["until", {"selector": ".inspector .state", "text": "Execute"}],
            ],
            "see": {
                "opinions": ".opinions tbody tr",
                "vertices": ".vertex",
                "text": ".goes-on",
                "tied": ".inspector .links .name",
            },
        },
        {
            "steps": [
                ["goto", f"{grid}/#/grid"],
                ["until", {"selector": ".cube-row", "text": "Execute"}],
                ["painted", "seen"],
                posted(grid, "/v1/grid/execute", said % "suspend"),
                ["until", {"selector": ".cube-row", "text": "Suspended"}],
                posted(grid, "/v1/grid/execute", said % "unsuspend"),
            ]
        },
    )
    assert asked["faults"] == news["faults"] == []
    assert asked["address"].endswith("#/grid?cube=b")
    assert len(asked["seen"]["opinions"]) == len(asked["seen"]["vertices"]) == 9
    assert asked["seen"]["text"][0].startswith("the quick")
    assert asked["seen"]["tied"] == ["a"]


def test_accessible(browse: Browse, grid: str) -> None:
    """No violation that axe knows, no page wider than its window, on a telephone and on a desk."""
    scripts: list[Script] = []
    for size in SIZES:
        opened = [["click", "text=Details"]] if size["width"] == 360 else []
        cube = [["goto", f"{grid}/#/grid?cube=a"], *opened, ["wait", ".vertex"]]
        plain = [["goto", f"{grid}/#/grid"], ["wait", ".legend"]]
        scripts.extend({"steps": steps, "checked": True, **size} for steps in (plain, cube))
    for found in browse(*scripts):
        assert found["violations"] == []
        assert found["overflow"] <= 0
        assert found["faults"] == []
