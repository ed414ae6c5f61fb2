"""The explorer in a browser, as readers use it: with a mouse, with keys alone, on a telephone, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse

CHOSEN = "#/?particle=sleep&from=espresso"
SETTLED = ["wait", ".rows button"]
PAGES = {
    "the list": ["#/", ".rows button"],
    "one particle": [CHOSEN, ".walk"],
    "blocks": ["#/blocks", "tbody tr"],
    "a block": ["#/blocks/5", ".check"],
    "a receipt": ["#/verify", "textarea"],
}


def test_a_question_leads_to_a_particle_and_to_why_it_is_there(browse: Browse, graph: str) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", graph],
                SETTLED,
                ["click", "input[type=search]"],
                ["type", "espresso"],
                ["press", "Enter"],
                ["until", {"selector": "h2", "text": "Recalled"}],
                ["until", {"selector": ".rows .name", "text": "caffeine"}],
                ["click", ".row:has-text('caffeine')"],
                ["wait", ".walk"],
                ["click", ".walk"],
            ],
            "see": {
                "title": "#particle-title",
                "walk": ".walk[aria-pressed=true]",
                "bound": ".facts",
            },
        }
    )
    assert found["faults"] == []
    assert found["seen"]["title"] == ["caffeine"]
    (walk,) = found["seen"]["walk"]
    assert all(stop in walk for stop in ("espresso", "coffee", "caffeine"))
    assert "±" in found["seen"]["bound"][0]
    assert found["address"].endswith("#/?q=espresso&particle=caffeine")


def test_standing_somewhere_changes_what_matters(browse: Browse, graph: str) -> None:
    steps = [["goto", f"{graph}/#/?particle=tea"], ["wait", "text=Stand here"]]
    stand = ["click", "text=Stand here"]
    (found,) = browse(
        {
            "steps": [*steps, stand, ["until", {"selector": "h2", "text": "Seen from here"}]],
            "see": {"from": ".standpoint .name", "first": ".row:first-of-type .name"},
        }
    )
    assert found["seen"]["from"] == ["tea"]
    assert "from=tea" in found["address"]


def test_relations_are_switched_off_and_everything_is_shown(browse: Browse, graph: str) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", graph],
                ["until", {"selector": ".corner", "text": "12 links shown"}],
                ["click", ".relations button:has-text('brings')"],
            ],
            "see": {"off": ".relations button[aria-pressed=false]", "places": ".places"},
        }
    )
    assert found["faults"] == []
    assert [text.split()[0] for text in found["seen"]["off"]] == ["brings"]
    assert found["seen"]["places"] == ["Explore"]  # a file has no blocks


def test_keys_alone(browse: Browse, graph: str) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", graph],
                SETTLED,
                ["press", "/"],
                ["type", "sleep"],
                ["press", "Enter"],
                ["until", {"selector": "h2", "text": "Recalled"}],
                *[["press", "Tab"]]
                * 3,  # past the link to this page and the theme, to the first row
                ["press", "ArrowDown"],
                ["press", "ArrowDown"],
                ["press", "ArrowUp"],
                ["press", "Enter"],
                ["wait", "#particle-title"],
            ],
            "see": {"title": "#particle-title", "rows": ".rows .name", "values": ".rows .score"},
        }
    )
    assert found["faults"] == []
    assert found["seen"]["title"] == [found["seen"]["rows"][1]]
    values = [*map(float, found["seen"]["values"])]
    assert len(values) > 2
    assert values == sorted(values, reverse=True)


def test_older_blocks(browse: Browse, ledger: str) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", ledger],
                ["wait", ".timeline input"],
                ["slide", {"selector": ".timeline input", "value": 5}],
                ["until", {"selector": ".corner", "text": "5 links shown"}],
            ],
            "see": {"moment": ".moment"},
        }
    )
    assert found["faults"] == []
    assert "at=5" in found["address"]
    assert "Block 5" in found["seen"]["moment"][0]


def proofs(address: str) -> list[list[object]]:
    """A block's page, and the proof of its ranking."""
    return [
        ["goto", f"{address}/#/blocks/7"],
        ["until", {"selector": ".check", "text": "Follows block 6"}],
        ["click", "text=Prove the ten particles of most focus"],
        ["wait", ".verdict"],
    ]


def test_blocks_and_receipts_are_verified_in_the_browser(browse: Browse, ledger: str) -> None:
    see = {"checks": ".check.holds", "red": ".fails", "verdict": ".verdict.holds .headline"}
    link = [
        ["goto", f"{ledger}/#/?particle=sleep"],
        ["wait", ".links .small"],
        ["click", ".links .small"],
        ["wait", ".verdict"],
    ]
    block, linked = browse({"steps": proofs(ledger), "see": see}, {"steps": link, "see": see})
    assert len(block["seen"]["checks"]) == 2
    for found in (block, linked):
        assert found["seen"]["verdict"] == ["Verified in this browser"]
        assert found["seen"]["red"] == found["faults"] == []


def test_a_flipped_bit_of_the_served_proof_is_red(browse: Browse, ledger: str) -> None:
    see = {"red": ".verdict.fails .headline", "green": ".verdict.holds"}
    own = [*proofs(ledger), ["click", "text=Flip one bit"], ["wait", ".verdict.fails"]]
    lied, flipped = browse(
        {"steps": proofs(ledger), "see": see, "lies": True},
        {"steps": own, "see": see},
    )
    for found in (lied, flipped):
        assert found["seen"]["green"] == []
        (headline,) = found["seen"]["red"]
        assert headline.startswith("This does not hold")


@pytest.mark.parametrize(
    ("theme", "width", "height", "pages"),
    [
        ("dark", 360, 740, list(PAGES)),
        pytest.param("light", 1366, 768, list(PAGES), marks=pytest.mark.soak),
        pytest.param("dark", 3840, 2160, ["the list", "one particle"], marks=pytest.mark.soak),
    ],
)
def test_accessible_at_every_size(
    browse: Browse, ledger: str, theme: str, width: int, height: int, pages: list[str]
) -> None:
    """No violation that axe knows, no page wider than its window, from 360 px to 4K."""
    scripts = []
    for page in pages:
        where, shown = PAGES[page]
        steps = [["goto", f"{ledger}/{where}"]]
        if width < 400 and where == CHOSEN:
            steps.append(["click", "text=Details"])
        steps.append(["wait", shown])
        size = {"width": width, "height": height}
        scripts.append({"steps": steps, "theme": theme, "checked": True, **size})
    for page, found in zip(pages, browse(*scripts), strict=True):
        assert found["violations"] == [], page
        assert found["overflow"] <= 0, page
        assert found["faults"] == [], page


def test_a_theme_is_kept(browse: Browse, graph: str) -> None:
    plain = [["goto", graph], SETTLED]
    chosen = [*plain, ["click", "[aria-label='Light theme']"], ["goto", f"{graph}/#/x"], SETTLED]
    dark, light, kept = browse(
        {"steps": plain},
        {"steps": plain, "theme": "light"},
        {"steps": chosen},
    )
    assert light["paper"] == kept["paper"] != dark["paper"]


def test_what_is_not_there_is_said(browse: Browse, graph: str) -> None:
    (found,) = browse(
        {
            "steps": [["goto", f"{graph}/#/?particle=nothing"], ["wait", ".problem"]],
            "see": {"problem": ".problem"},
        }
    )
    assert any("nothing" in text for text in found["seen"]["problem"])
