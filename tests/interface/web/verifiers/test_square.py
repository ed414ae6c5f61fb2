"""The square of a block in a browser: what is there is green, what is withheld or forged is red and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from focusmesh.host.light.share_sources import header_of, source_of
from focusmesh.interface.cli.application import application
from focusmesh.kernel.availability import BadEncoding, Square
from focusmesh.kernel.block import square_of
from tests.interface.web.conftest import LINKS, PASSPHRASE, ledger_in, link, served
from tests.interface.web.verifiers.squares import HEIGHT, Told, square, told_of

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
    "details": ".check .detail",
    "dump": ".dump",
    "pins": "[aria-label='Table of pins'] tbody tr",
}
ROOTS = "The roots are the header's"
AVAILABLE = "Available, with confidence"
REBUILT = "Rebuilt in this browser"
TAKE_ALL = ["click", "text=Take all"]
K = 4
"""Of the second block."""
RANKED = ("--diffusion", "1", "--springs", "0", "--heat", "0")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ledger with squares of 2 × 2, 4 × 4 and 8 × 8 shares, and a pin of the second one."""
    folder = tmp_path_factory.mktemp("served")
    keys, path = ledger_in(folder, "--balance", "1000", *RANKED)
    link(path, keys, LINKS[:1])
    environment = {
        "FOCUSMESH_PASSPHRASE": PASSPHRASE,
        "FOCUSMESH_KEYS": str(keys),
        "FOCUSMESH_LEDGER": str(path),
    }
    commands = [["pin", "offer", "--block", "2", "--price", "7"]]
    for count in (400, 130):
        rows = "".join(f"{count}/{at},{count}/{at * 7 % count}\n" for at in range(1, count))
        (folder / f"{count}.csv").write_text(f"source,target\n{rows}")
        commands.insert(0, ["import", str(folder / f"{count}.csv"), "--ledger", str(path)])
    for words in commands:
        done = CliRunner().invoke(application, words, env=environment)
        assert done.exit_code == 0, done.output
    with served(path, keys=keys) as address:
        yield address


def at(address: str, height: int) -> list[object]:
    return ["goto", f"{address}/#/blocks/{height}/square"]


def until(holds: str, text: str) -> list[object]:
    return ["until", {"selector": f".check.{holds} .headline", "text": text}]


def misencoded() -> tuple[Square, Told]:
    """A square of 4 × 4 shares, one of which was changed after coding, and what a server says of it."""
    shares = square(K).shares.copy()
    shares[1, 2, 300] ^= 1
    evil = Square(shares)
    answers: Told = {"": told_of(evil.roots)}
    for row in range(2 * K):
        line = {"axis": "row", "line": row, "shares": [one.tobytes().hex() for one in shares[row]]}
        answers[f"/lines/{row}"] = line
    return evil, answers


LISTED = [["click", "summary"], ["wait", ".square-list tbody tr"]]
KEYS = ["PageUp", "PageUp", "Home", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"]


def reading(address: str) -> list[list[Any]]:
    """Of servers that give all they have; what a reader looks at on the way has a name."""
    return [
        [
            ["goto", f"{address}/#/blocks/3"],
            ["click", "text=Is all of it there?"],
            until("holds", AVAILABLE),
            ["look", "sampled"],
            TAKE_ALL,
            until("holds", REBUILT),
            ["save", "Save its body"],
            ["look", "all"],
            ["click", "text=← 2"],
            until("holds", "confidence 99.99"),
            ["look", "before"],
            ["click", ".square-picture canvas"],
            *(["press", key] for key in [*KEYS, "Enter"]),
            ["until", {"selector": "#square-cursor", "text": "taken, its proof holds"}],
            ["click", ".share summary"],
            ["look", "keys"],
            ["click", "text=Blocks"],
            ["click", "text=Who keeps their data?"],
            ["until", {"selector": "td", "text": "can be taken"}],
            ["look", "pins"],
        ],
        [
            at(address, 1),
            until("holds", REBUILT),
            ["look", "small"],
            at(address, 0),
            ["until", {"selector": ".problem", "text": "has no square"}],
            at(address, 99),
            ["until", {"selector": ".problem", "text": "99"}],
        ],
    ]


def missing(address: str) -> list[list[Any]]:
    """Of servers that keep shares back, give others, or are silent."""
    gone = [
        at(address, 2),
        TAKE_ALL,
        until("fails", "cannot give back"),
        until("fails", f"{(K + 1) ** 2} shares missing"),
    ]
    return [
        [
            ["withhold", 2],
            at(address, 2),
            TAKE_ALL,
            until("fails", "4 shares missing"),
            until("holds", REBUILT),
            *LISTED,
            ["look", "withheld"],
            ["restore", None],
            ["click", "text=Ask again for what"],
            until("holds", AVAILABLE),
            ["look", "back"],
        ],
        [["withhold", K + 1], *gone, ["look", "gone"]],
        [["forge", K + 1], *gone, ["look", "forged"]],
        [
            ["stall", 2 * K],
            at(address, 3),
            until("holds", AVAILABLE),
            TAKE_ALL,
            until("open", "may give back"),
            ["click", "text=Stop"],
            until("holds", REBUILT),
            ["look", "stopped"],
        ],
        [
            ["misencode", misencoded()[1]],
            at(address, HEIGHT),
            TAKE_ALL,
            until("fails", "coded badly"),
            ["save", "Save the proof"],
            ["look", "bad"],
        ],
    ]


@pytest.fixture(scope="module")
def read(browse: Browse, blocks: str) -> list[Told]:
    """What came of each script, all in one browser."""
    scripts = [{"steps": steps, "see": SEE} for steps in (*reading(blocks), *missing(blocks))]
    one = [["withhold", 1], at(blocks, 2), TAKE_ALL, until("fails", "1 share missing")]
    looked = {"steps": [*one, until("holds", REBUILT), *LISTED], "checked": True}
    small = {"theme": "dark", "width": 360, "height": 740}
    return browse(*scripts, looked | small, looked | {"theme": "light"})


@pytest.fixture
def looks(read: list[Told]) -> dict[str, Told]:
    """What was looked at, by its name."""
    return {name: seen for one in read for name, seen in one.get("looks", {}).items()}


def test_a_block_that_is_there_is_green(looks: dict[str, Told], read: list[Told]) -> None:
    for name in ("sampled", "before"):
        assert looks[name]["good"][0] == ROOTS
        assert looks[name]["good"][1].split()[-2].startswith("99.")
    assert looks["sampled"]["open"] == ["Not enough was taken to rebuild it"]
    assert looks["small"]["good"][1] == "Available, with confidence 100 %"
    assert f"added by erasure coding {3 * 8 * 8}" in map(str.strip, looks["sampled"]["legend"])
    for name in ("sampled", "all", "before", "keys", "small", "stopped"):
        assert looks[name]["bad"] == []
        assert {"signals", "added"} <= {each.split()[0] for each in looks[name]["legend"]}
    assert read[0]["faults"] == []


def test_all_of_it_is_rebuilt_and_can_be_saved(
    looks: dict[str, Told], read: list[Told], blocks: str
) -> None:
    assert looks["all"]["good"][1] == "Available, with confidence 100 %"
    source = source_of(blocks)
    told = source.roots(3)
    source.close()
    body = bytes.fromhex(read[0]["saved"])
    assert square_of(body).roots.data_root == header_of(told).data_root


def test_what_is_withheld_is_red_and_comes_back(looks: dict[str, Told]) -> None:
    """Fewer than (k + 1)² can be rebuilt; all that were asked for come when they are asked for again."""
    missing, back = looks["withheld"], looks["back"]
    assert missing["bad"] == ["4 shares missing"]
    assert missing["rows"][0].split("\t") == ["Row 0, column 0", "signals", "missing"]
    assert not missing["rows"][4].endswith("missing")
    assert missing["problem"] == ["this share is not here"]
    assert back["bad"] == []
    assert back["good"][1] == "Available, with confidence 100 %"


def test_a_block_that_is_hidden_cannot_be_rebuilt(looks: dict[str, Told]) -> None:
    """(k + 1)² of 4k² shares: no row and no column has k of them left that could fill it."""
    withheld, forged = looks["gone"], looks["forged"]
    assert withheld["good"] == forged["good"] == [ROOTS]
    assert withheld["problem"] == ["this share is not here"]
    assert "the leaves do not lead to the root" in forged["problem"][0]


def test_rows_that_came_one_after_the_other_make_nobody_surer(looks: dict[str, Told]) -> None:
    """A server could give the first rows and hide the others: they count once all were asked for."""
    assert looks["stopped"]["details"][1].startswith("16 random shares of 256 came")


def test_a_block_that_was_coded_badly_is_none_and_the_proof_is_saved(
    looks: dict[str, Told], read: list[Told]
) -> None:
    assert looks["bad"]["bad"] == ["No block is in this square", "Row 1 was coded badly"]
    (proof,) = (one["saved"] for one in read if "bad" in one.get("looks", {}))
    BadEncoding.decode(bytes.fromhex(proof)).verify(misencoded()[0].roots)


def test_keys_go_from_share_to_share_and_take_one(looks: dict[str, Told]) -> None:
    assert looks["keys"]["cursor"] == ["Row 0, column 1 signals, taken, its proof holds"]
    (dump,) = looks["keys"]["dump"]
    assert len(bytes.fromhex(dump)) == 512


def test_pins_are_listed_beside_the_block_whose_data_they_are_about(
    looks: dict[str, Told],
) -> None:
    (row,) = looks["keys"]["pins"]
    assert row.split("\t")[1:] == ["7", "nobody yet", "can be taken up to block 1\u202f003"]
    (whole,) = looks["pins"]["pins"]
    assert set(row.split("\t")) < set(whole.split("\t"))
    assert looks["small"]["pins"] == []


def test_accessible_at_every_size(read: list[Told]) -> None:
    checked = [one for one in read if "violations" in one]
    assert len(checked) == 2
    for one in checked:
        assert one["violations"] == []
        assert one["overflow"] <= 0
