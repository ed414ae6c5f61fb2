"""The pages of the network: the browser checks what is final by itself, and says what it does not believe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.host.grown_ledgers import DELEGATOR, HANDED, TRUSTED, grow_ledger
from tests.host.voted_ledgers import VotedLedger
from tests.interface.web.conftest import PASSPHRASE, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interface.web.conftest import Browse

FINAL = ".checks .headline"


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    path = tmp_path_factory.mktemp("served") / "voted"
    ledger = VotedLedger(path)
    ledger.grow(2)
    ledger.bond()
    ledger.grow(2)
    with served(path) as address:
        yield address, path


def grown(path: Path, count: int) -> list[object]:
    """A step of a reader during which validators decide more blocks."""
    program = (
        "from pathlib import Path; from tests.host.voted_ledgers import VotedLedger; "
        f"VotedLedger(Path({str(path)!r})).grow({count})"
    )
    words = ["-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"]
    return ["command", [sys.executable, *words]]


def test_what_is_final_is_checked_in_the_browser(browse: Browse, voted: tuple[str, Path]) -> None:
    address, path = voted
    with urlopen(f"{address}/v1/headers/2") as answer:
        block = json.load(answer)["id"]
    place = {"selector": "[name=block]", "text": f"2:{block}"}
    (found,) = browse(
        {
            "steps": [
                ["goto", f"{address}/#/network"],
                ["until", {"selector": FINAL, "text": "Block 5 is final"}],
                ["look", "begun"],
                grown(path, 4),
                ["until", {"selector": FINAL, "text": "Block 9 is final"}],
                ["look", "followed"],
                ["fill", place],
                ["click", "text=Begin there"],
                ["until", {"selector": FINAL, "text": "Followed from block 2, which you named"}],
                ["until", {"selector": FINAL, "text": "Block 9 is final"}],
                ["look", "named"],
                ["click", "text=Sampling"],
                ["until", {"selector": FINAL, "text": "sampled, all there"}],
                ["look", "sampled"],
                ["click", "text=Validators"],
                ["until", {"selector": "tbody tr", "text": "63 %"}],
                ["look", "voters"],
                ["click", "text=Peers"],
                ["until", {"selector": ".empty", "text": "No node"}],
            ],
            "see": {"checks": FINAL, "details": ".checks .detail", "rows": "tbody tr"},
        }
    )
    assert found["faults"] == []
    looks = found["looks"]
    assert looks["begun"]["checks"][1] == "Followed from block 0, which this server named"
    assert "finalise it in round 9 of epoch 3" in looks["followed"]["details"][0]
    assert len(looks["followed"]["rows"]) == 9
    assert len(looks["named"]["rows"]) == 7
    assert "16" in looks["sampled"]["rows"][0]
    assert len(looks["voters"]["rows"]) == 4
    assert "63 %" in looks["voters"]["rows"][0]


@pytest.mark.parametrize("act", ["forgeDecisions", "other block"])
def test_what_does_not_hold_is_said(browse: Browse, voted: tuple[str, Path], act: str) -> None:
    address, path = voted
    start: list[Any] = [["goto", f"{address}/#/network"], ["wait", ".check.holds"]]
    if act == "forgeDecisions":
        steps = [[act], grown(path, 2), ["until", {"selector": FINAL, "text": "It does not go on"}]]
    else:
        place = {"selector": "[name=block]", "text": f"3:{'ab' * 32}"}
        steps = [["fill", place], ["click", "text=Begin there"], ["wait", ".problem"]]
    see = {"checks": FINAL, "problem": ".problem", "red": ".check.fails .headline"}
    (found,) = browse({"steps": [*start, *steps], "see": see})
    assert found["faults"] == []
    if act == "forgeDecisions":
        assert found["seen"]["red"][-1].startswith("It does not go on (certificate")
    else:
        assert "another chain" in found["seen"]["problem"][0]


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("dark", 360, marks=pytest.mark.soak), ("light", 1280)]
)
def test_accessible(browse: Browse, voted: tuple[str, Path], theme: str, width: int) -> None:
    address, _ = voted
    pages = {
        "finality": ".check",
        "validators": "tbody tr",
        "sampling": ".empty, tbody tr",
        "peers": ".empty",
        "rules": ".empty",
        "prices": ".empty",
    }
    scripts = [
        {
            "steps": [
                ["goto", f"{address}/#/network/{page}"],
                ["wait", "h1"],
                ["wait", shown],
            ],
            "theme": theme,
            "width": width,
            "height": 800,
            "checked": True,
        }
        for page, shown in pages.items()
    ]
    for page, found in zip(pages, browse(*scripts), strict=True):
        assert found["violations"] == [], page
        assert found["overflow"] <= 0, page
        assert found["faults"] == [], page


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ledger of one key whose rules changed once, and that has two laws that wait."""
    home = tmp_path_factory.mktemp("changing")
    keys, path = home / "keys", home / "ledger"

    def run(*words: str) -> None:
        program = "from focusmesh.interface.cli import main; main()"
        environment = {"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)}
        subprocess.run(
            [sys.executable, "-c", program, *words],
            env=os.environ | environment | {"FOCUSMESH_LEDGER": str(path)},
            check=True,
            capture_output=True,
        )

    run("keys", "new", "ann")
    run("node", "init", str(path), "--key", "ann", "--balance", "1000")
    run("network", "ready")
    run("network", "propose", "link_burn=2")
    run("network", "propose", "changes.epoch_ms=43200000", "--from-epoch", "900")
    run("network", "propose", "--operations", "own")
    with served(path, keys=keys) as address:
        yield address


def test_rules_are_shown_with_their_limits(browse: Browse, changing: str) -> None:
    see = {"rows": "tbody tr", "facts": ".facts div", "heads": "h2", "empty": ".empty"}
    (found,) = browse(
        {
            "steps": [
                ["goto", f"{changing}/#/network/rules"],
                ["until", {"selector": "tbody tr", "text": "link_burn"}],
            ],
            "see": see,
            "width": 1280,
            "height": 800,
            "checked": True,
        }
    )
    assert (found["faults"], found["violations"]) == ([], [])
    seen = found["seen"]
    assert seen["heads"] == ["Voted on", "Law, and waits", "Rules"]
    assert seen["empty"] == ["Nothing is voted on."]
    later, operations, *rules = seen["rows"]
    assert "changes.epoch_ms=43200000 (12 hours)" in later
    assert "epoch 900" in later
    assert "nodes that are ready" in operations
    (burn,) = [row for row in rules if row.startswith("link_burn")]
    assert burn.split() == ["link_burn", "2", "1", "4"]
    assert not [row for row in rules if row.startswith("agreement.")]
    facts = " ".join(seen["facts"])
    assert "1 hour" in facts
    assert "8 epochs" in facts


def test_a_network_that_cannot_change_says_so(browse: Browse, voted: tuple[str, Path]) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", f"{voted[0]}/#/network/rules"],
                ["until", {"selector": ".empty", "text": "cannot change yet"}],
            ]
        }
    )
    assert found["faults"] == []


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ledger that one key handed over to validators, who pay, delegate and jail."""
    path = tmp_path_factory.mktemp("handed") / "ledger"
    grow_ledger(path)
    with served(path) as address:
        yield address


def test_the_page_goes_through_a_hand_over(browse: Browse, handed: str) -> None:
    with urlopen(f"{handed}/v1/headers?from=1&limit=1") as answer:
        (block,) = json.load(answer)["items"]
    place = {"selector": "[name=block]", "text": f"1:{block['id']}"}
    (found,) = browse(
        {
            "steps": [
                ["goto", f"{handed}/#/network"],
                ["until", {"selector": FINAL, "text": "is final"}],
                ["fill", place],
                ["click", "text=Begin there"],
                ["until", {"selector": FINAL, "text": "Followed from block 1, which you named"}],
                ["until", {"selector": FINAL, "text": "Block 13 is final"}],
            ],
            "see": {"checks": FINAL, "rows": "tbody tr"},
        }
    )
    assert found["faults"] == []
    assert [row for row in found["seen"]["checks"] if "does not go on" in row] == []
    rows = {int(row.split()[0]): row for row in found["seen"]["rows"]}
    assert sorted(rows) == list(range(2, 14))
    assert "by a later one" in rows[HANDED]
    assert "by a later one" not in rows[HANDED + 1]


@pytest.mark.parametrize(
    ("theme", "width"), [("dark", 360), pytest.param("light", 1280, marks=pytest.mark.soak)]
)
def test_delegations_jails_and_prices_are_shown(
    browse: Browse, handed: str, theme: str, width: int
) -> None:
    looks = {"theme": theme, "width": width, "height": 800, "checked": True}
    table, prices = browse(
        {
            "steps": [
                ["goto", f"{handed}/#/network/validators"],
                ["until", {"selector": "tbody tr", "text": "jailed until"}],
            ],
            "see": {"heads": "th", "rows": "tbody tr"},
            **looks,
        },
        {
            "steps": [
                ["goto", f"{handed}/#/network/prices"],
                ["wait", ".facts"],
                ["fill", {"selector": "[name=neuron]", "text": "nobody"}],
                ["click", "text=Show it"],
                ["until", {"selector": ".problem", "text": "64 hexadecimal letters"}],
                ["fill", {"selector": "[name=neuron]", "text": DELEGATOR.public.hex()}],
                ["click", "text=Show it"],
                ["until", {"selector": "h2", "text": "Delegations"}],
            ],
            "see": {"facts": ".facts div", "rows": "tbody tr", "problem": ".problem"},
            **looks,
        },
    )
    for found in (table, prices):
        assert (found["faults"], found["violations"]) == ([], [])
        assert found["overflow"] <= 0
    assert {"Delegated", "Own share", "Commission"} <= set(table["seen"]["heads"])
    (trusted,) = [row for row in table["seen"]["rows"] if row.startswith(TRUSTED.public.hex()[:16])]
    assert "25 %" in trusted
    assert prices["seen"]["problem"] == []
    facts = " ".join(prices["seen"]["facts"])
    assert "A unit costs" in facts
    assert "A byte that is kept locks" in facts
    given, *locked = prices["seen"]["rows"]
    assert given.startswith(TRUSTED.public.hex()[:16])
    assert all(row.startswith("particle") for row in locked)
    assert locked


def test_a_network_without_prices_says_so(browse: Browse, voted: tuple[str, Path]) -> None:
    (found,) = browse(
        {
            "steps": [
                ["goto", f"{voted[0]}/#/network/prices"],
                ["until", {"selector": ".empty", "text": "no price"}],
            ],
            "checked": True,
        }
    )
    assert (found["faults"], found["violations"]) == ([], [])
