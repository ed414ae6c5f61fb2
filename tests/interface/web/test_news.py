"""What comes up on the explorer's page by itself, and what it says while nothing can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interface.web.conftest import LINKS, link

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse, Growing

SETTLED = ["wait", ".rows button"]


def test_an_empty_ledger_grows_before_the_readers_eyes(browse: Browse, growing: Growing) -> None:
    """Over a web socket where there is one; by looking where a proxy lets none through."""
    empty = [["goto", growing.address], ["wait", ".nothing"]]
    grown = [
        growing.linked("tea", "caffeine"),
        ["until", {"selector": ".rows .name", "text": "caffeine"}],
        growing.linked("caffeine", "sleep"),
        ["until", {"selector": ".rows .name", "text": "sleep"}],
    ]
    see = {"live": ".pulse.live", "fresh": ".change.fresh", "said": ".results [role=status]"}
    told = ["wait", ".pulse.live >> nth=0"]
    live, empty_page = browse(
        {"steps": [*empty, told, *grown], "see": see},
        {"steps": [["goto", f"{growing.address}/#/blocks"], ["wait", "tbody tr"]], "checked": True},
    )
    assert live["faults"] == empty_page["faults"] == empty_page["violations"] == []
    assert len(live["seen"]["live"]) == 1
    assert "new" in live["seen"]["said"][0]
    (deaf,) = browse(
        {
            "steps": [
                ["goto", growing.address],
                SETTLED,
                growing.linked("sleep", "memory"),
                ["until", {"selector": ".rows .name", "text": "memory"}],
            ],
            "see": see,
            "deaf": True,
        }
    )
    assert deaf["seen"]["live"] == []


def test_an_empty_page_is_accessible(browse: Browse, growing: Growing) -> None:
    for theme, width in (("dark", 360), ("light", 1280)):
        size = {"width": width, "height": 740}
        graph = [["click", ".panes button:has-text('Graph')"]] if width < 400 else []
        steps = [
            ["goto", growing.address],
            ["wait", ".results .empty"],
            *graph,
            ["wait", ".nothing"],
        ]
        (found,) = browse({"steps": steps, "theme": theme, "checked": True, **size})
        assert found["violations"] == found["faults"] == []
        assert found["overflow"] <= 0


def test_a_server_that_goes_and_comes_back(browse: Browse, graph: str) -> None:
    """What was there stays, with a word about it; what was asked meanwhile is asked again."""
    gone = [
        ["deafen"],
        ["goto", graph],
        SETTLED,
        ["offline", True],
        ["wait", ".banner"],
        ["click", ".row:has-text('sleep')"],
        ["wait", ".inspector .problem"],
    ]
    well = "body:not(:has(.problem)):not(:has(.banner))"
    back = [*gone, ["offline", False], ["wait", ".facts"], ["wait", well]]
    away, returned = browse(
        {"steps": gone, "see": {"rows": ".rows .name"}, "checked": True},
        {"steps": back, "see": {"banner": ".banner", "problem": ".problem"}},
    )
    assert "sleep" in away["seen"]["rows"]
    assert away["violations"] == []
    assert returned["seen"] == {"banner": [], "problem": []}


def test_a_context_is_verified_in_the_browser(
    browse: Browse, growing: Growing, ledger: str
) -> None:
    link(growing.path, growing.keys, LINKS)
    prove = [
        ["goto", f"{growing.address}/#/?from=espresso"],
        ["click", ".results .proof button"],
        ["wait", ".verdict"],
    ]
    see = {"green": ".verdict.holds", "red": ".verdict.fails .headline", "open": ".verdict.open"}
    holds, flipped, lied = browse(
        {"steps": prove, "see": see, "checked": True},
        {"steps": [*prove, ["click", "text=Flip one bit"], ["wait", ".fails"]], "see": see},
        {"steps": prove, "see": see, "lies": True},
    )
    assert holds["violations"] == holds["seen"]["red"] == []
    assert " of the list" in holds["seen"]["green"][0]
    for found in (flipped, lied):
        assert found["seen"]["green"] == []
        assert found["seen"]["red"][0].startswith("This does not hold")
    steps = [["goto", f"{ledger}/#/?from=espresso"], *prove[1:]]
    (solved,) = browse({"steps": steps, "see": see})
    assert "Signed, not proved" in solved["seen"]["open"][0]  # its operator is more than diffusion
