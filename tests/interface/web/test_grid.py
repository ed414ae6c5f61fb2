"""The grid in a browser: its blocks drawn, its cubes asked, by mouse, by keys alone, and without WebGL."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse

CUBES = ["wait", ".cube-row"]
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


def test_blocks_are_drawn_turned_and_pointed_at(browse: Browse, grid: str) -> None:
    shown = [["goto", f"{grid}/#/grid"], CUBES]
    keys = [["press", key] for key in ("ArrowLeft", "ArrowUp", "+", "Shift+ArrowRight")]
    turned, pointed, keyed, flat = browse(
        {
            "steps": [
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
            ],
            "see": {"corner": ".corner", "cubes": ".cube-row .name"},
        },
        {
            "steps": [
                *shown,
                ["painted", "seen"],
                ["point", {"selector": ".space-canvas", "x": 470, "y": 380}],
                ["wait", ".inspector .facts"],
            ],
            "see": {"title": ".inspector .title"},
        },
        {
            "steps": [
                *shown,
                *[["press", "Tab"]]
                * 7,  # past the link to this page, brand, question, pages, theme
                ["press", "ArrowDown"],
                ["press", "Enter"],
                ["wait", "#cube-title"],
            ],
            "see": {"title": "#cube-title"},
        },
        {
            "steps": [*shown, ["wait", ".plan canvas"]],
            "see": {"words": ".plan figcaption", "cubes": ".cube-row .name"},
            "flat": True,
        },
    )
    for found in (turned, pointed, keyed, flat):
        assert found["faults"] == []
    assert turned["seen"]["cubes"] == flat["seen"]["cubes"] == ["a", "b"]
    assert "24 × 20 × 16" in turned["seen"]["corner"][0]
    pictures = {turned[name] for name in ("first", "turned", "models")}
    assert len(pictures) == 3
    assert min(pictures) > 8_000
    assert pointed["seen"]["title"][0].startswith("Block ")
    assert "block=" in pointed["address"]
    assert keyed["seen"]["title"] == ["b"]
    assert "Seen from above" in flat["seen"]["words"][0]


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
    scripts = []
    for size in SIZES:
        opened = [["click", "text=Details"]] if size["width"] == 360 else []
        cube = [["goto", f"{grid}/#/grid?cube=a"], *opened, ["wait", ".vertex"]]
        plain = [["goto", f"{grid}/#/grid"], ["wait", ".legend"]]
        scripts.extend({"steps": steps, "checked": True, **size} for steps in (plain, cube))
    for found in browse(*scripts):
        assert found["violations"] == []
        assert found["overflow"] <= 0
        assert found["faults"] == []
