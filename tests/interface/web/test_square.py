"""The square of a block in a browser: what is there is green, what is withheld or forged is red and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from focusmesh.interface.cli.application import application
from tests.interface.web.conftest import LINKS, PASSPHRASE, ledger_in, link, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interface.web.conftest import Browse

SEE = {
    "good": ".check.holds .headline",
    "bad": ".check.fails .headline",
    "open": ".check.open .headline",
    "cursor": "#square-cursor",
    "rows": ".square-list tbody tr",
    "problem": ".problem",
    "legend": ".square-legend li",
}
ROOTS = "The roots are the header's"
AVAILABLE = {"selector": ".check.holds .headline", "text": "Available, with confidence"}
WHOLE = {"selector": ".check.holds .headline", "text": "gives back the block"}
TAKE_ALL = ["click", "text=Take all"]
K = 4
"""Of the second block."""


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ledger with blocks whose squares have 2 × 2, 4 × 4 and 8 × 8 shares."""
    folder = tmp_path_factory.mktemp("served")
    keys, path = ledger_in(folder, "--diffusion", "1", "--springs", "0", "--heat", "0")
    link(path, keys, LINKS[:1])
    for count in (130, 400):
        rows = "".join(f"{count}/{at},{count}/{at * 7 % count}\n" for at in range(1, count))
        (folder / "many.csv").write_text(f"source,target\n{rows}")
        done = CliRunner().invoke(
            application,
            ["import", str(folder / "many.csv"), "--ledger", str(path)],
            env={"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)},
        )
        assert done.exit_code == 0, done.output
    with served(path, keys=keys) as address:
        yield address


def looked(browse: Browse, *scripts: list[Any], **options: Any) -> list[dict[str, Any]]:
    """What is seen at the ends of the scripts."""
    found = browse(*({"steps": steps, "see": SEE, **options} for steps in scripts))
    return [{**one["seen"], "faults": one["faults"]} for one in found]


def at(address: str, height: int) -> list[object]:
    return ["goto", f"{address}/#/blocks/{height}/square"]


def test_a_block_that_is_there_is_green(browse: Browse, blocks: str) -> None:
    from_its_page = [
        ["goto", f"{blocks}/#/blocks/3"],
        ["click", "text=Is all of it there?"],
        ["until", AVAILABLE],
    ]
    large, small = looked(
        browse,
        from_its_page,
        [at(blocks, 1), ["until", AVAILABLE], ["until", WHOLE]],
    )
    assert large["good"] == [ROOTS, large["good"][1]]
    assert large["open"] == ["Not enough was taken to rebuild it"]
    assert large["good"][1].split()[-2].startswith("99.")
    assert small["good"][1] == "Available, with confidence 100 %"
    assert f"added by erasure coding {3 * 8 * 8}" in map(str.strip, large["legend"])
    for found in (large, small):
        assert found["bad"] == found["faults"] == []
        assert {"signals", "added"} <= {each.split()[0] for each in found["legend"]}


def test_what_is_withheld_is_red_and_comes_back(browse: Browse, blocks: str) -> None:
    """Fewer than (k + 1)² can be rebuilt; all that were asked for come when they are asked for again."""
    steps = [
        ["withhold", 2],
        at(blocks, 2),
        TAKE_ALL,
        ["until", {"selector": ".check.fails .headline", "text": "4 shares missing"}],
        ["until", WHOLE],
    ]
    again = [["restore", None], ["click", "text=Ask again for what"], ["until", AVAILABLE]]
    missing, back = looked(browse, [*steps, ["click", "summary"]], [*steps, *again])
    assert missing["bad"] == ["4 shares missing"]
    assert missing["rows"][0].split("\t") == ["Row 0, column 0", "signals", "missing"]
    assert not missing["rows"][4].endswith("missing")
    assert missing["problem"] == ["this share is not here"]
    assert back["bad"] == []
    assert back["good"][1] == "Available, with confidence 100 %"


def test_a_block_that_is_hidden_cannot_be_rebuilt(browse: Browse, blocks: str) -> None:
    """(k + 1)² of 4k² shares: no row and no column has k of them left that could fill it."""
    side = K + 1
    steps = [
        at(blocks, 2),
        TAKE_ALL,
        ["until", {"selector": ".check.fails .headline", "text": "cannot give back"}],
        ["until", {"selector": ".check.fails .headline", "text": f"{side**2} shares missing"}],
    ]
    ways = [["withhold", side], *steps], [["forge", side], *steps]
    withheld, forged = looked(browse, *ways)
    assert withheld["good"] == forged["good"] == [ROOTS]
    assert withheld["problem"] == ["this share is not here"]
    assert "the leaves do not lead to the root" in forged["problem"][0]


def test_keys_go_from_share_to_share_and_take_one(browse: Browse, blocks: str) -> None:
    steps = [
        at(blocks, 2),
        ["until", AVAILABLE],
        ["click", ".square-picture canvas"],
        *(["press", key] for key in ("PageUp", "PageUp", "Home", "ArrowDown", "ArrowRight")),
        ["press", "ArrowRight"],
        ["press", "ArrowUp"],
        ["press", "ArrowLeft"],
        ["press", "Enter"],
        ["until", {"selector": "#square-cursor", "text": "taken, its proof holds"}],
        ["click", ".share summary"],
    ]
    (found,) = browse({"steps": steps, "see": {**SEE, "dump": ".dump"}})
    assert found["faults"] == []
    assert found["seen"]["cursor"] == ["Row 0, column 1 signals, taken, its proof holds"]
    (dump,) = found["seen"]["dump"]
    assert len(bytes.fromhex(dump)) == 512


def test_blocks_without_a_square_say_so(browse: Browse, blocks: str) -> None:
    genesis, none = looked(
        browse,
        [at(blocks, 0), ["wait", ".problem"]],
        [at(blocks, 99), ["wait", ".problem"]],
    )
    assert "has no square" in genesis["problem"][0]
    assert "99" in none["problem"][0]


def test_accessible_at_every_size(browse: Browse, blocks: str) -> None:
    steps = [
        ["withhold", 1],
        at(blocks, 2),
        TAKE_ALL,
        ["until", {"selector": ".check.fails .headline", "text": "1 share missing"}],
        ["until", WHOLE],
        ["click", "summary"],
    ]
    looks = [("dark", 360, 740), ("light", 1280, 800)]
    scripts = [
        {"steps": steps, "theme": theme, "width": width, "height": height, "checked": True}
        for theme, width, height in looks
    ]
    for found in browse(*scripts):
        assert found["violations"] == []
        assert found["overflow"] <= 0
