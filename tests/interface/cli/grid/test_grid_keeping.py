"""``focusmesh grid``: a store is checked, a block is proved to others, states go, a history goes into a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.cli.shared.failures import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewKey

    Document = Callable[..., dict[str, Any]]


@pytest.fixture
def grid(invoke: Invoke, tmp_path: Path) -> Path:
    """A grid with one block and one face."""
    folder = tmp_path / "grid"
    invoke("grid", "create", folder, "--shape", "40")
    invoke("grid", "value", folder, "3", "4", "5", "--set", "0.25")
    invoke("grid", "interlock", folder, "activate", "up")
    return folder


def test_a_store_is_checked(invoke: Invoke, document: Document, grid: Path) -> None:
    found = document("grid", "check", grid)
    assert (found["height"], found["states_from"], found["tiles"], found["signed"]) == (2, 0, 10, 2)
    (grid / "secret").rename(grid / "elsewhere")
    assert document("grid", "check", grid)["signed"] is None
    assert document("grid", "check", grid, "--key", found["key"])["signed"] == 2
    said = invoke("grid", "check", grid, "--key", "0" * 64, code=ExitCode.REFUSED).stderr
    assert "commit 1: the commit" in said
    invoke("grid", "check", grid, "--key", "mine", code=ExitCode.USAGE)
    assert "valid: 3 commits" in invoke("grid", "check", grid).stdout
    file = grid / "grid.sqlite"
    content = file.read_bytes()
    # The value of the block, somewhere in its record.
    at = content.rindex(bytes.fromhex("000000000000d03f"))
    file.write_bytes(content[:at] + b"\1" + content[at + 1 :])
    said = invoke("grid", "check", grid, code=ExitCode.REFUSED).stderr
    assert "(0, 0, 0) to (15, 15, 15)" in said


def test_a_block_is_proved_without_its_store(
    invoke: Invoke, document: Document, grid: Path, tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    first = document("grid", "prove", grid, "3", "4", "5", "-o", proof, "--at", "1")
    assert (first["height"], first["bytes"]) == (1, proof.stat().st_size)
    said = document("grid", "proof", proof, "--commit", first["commit"])
    assert said == {
        "at": [3, 4, 5],
        "block": {"value": 0.25, "kappa": pytest.approx(0.6), "time": 1, "model": 0},
    }
    last = document("grid", "prove", grid, "3", "4", "6", "-o", proof)
    assert document("grid", "proof", proof, "--commit", last["commit"])["block"] is None
    assert "no block is active" in invoke("grid", "proof", proof, "--commit", last["commit"]).stdout
    invoke("grid", "proof", proof, "--commit", first["commit"], code=ExitCode.REFUSED)
    invoke("grid", "proof", proof, "--commit", "xyz", code=ExitCode.USAGE)
    invoke("grid", "prove", grid, "40", "0", "0", "-o", proof, code=ExitCode.REFUSED)
    invoke("grid", "prove", grid, "0", "0", "0", "-o", tmp_path, code=ExitCode.FILE)


def test_states_are_pruned(invoke: Invoke, document: Document, grid: Path, tmp_path: Path) -> None:
    invoke("grid", "value", grid, "3", "4", "5", "--set", "0.5")
    assert document("grid", "prune", grid, "--before", "3") == {"states_from": 3, "tiles": 1}
    assert document("grid", "check", grid)["states_from"] == 3
    words = ("grid", "prove", grid, "3", "4", "5", "-o", tmp_path / "proof", "--at", "1")
    assert "begin at 3" in invoke(*words, code=ExitCode.REFUSED).stderr
    invoke("grid", "prune", grid, "--before", "9", code=ExitCode.REFUSED)


def test_a_history_goes_into_a_ledger(
    invoke: Invoke, document: Document, grid: Path, tmp_path: Path, new_key: NewKey
) -> None:
    new_key("alice")
    ledger = tmp_path / "ledger"
    invoke("node", "init", ledger, "--key", "alice")
    first = document("grid", "publish", grid, "--ledger", ledger, "--contents")
    assert (first["commits"], first["height"], first["block"]) == (1, 2, 1)
    assert document("grid", "publish", grid, "--ledger", ledger)["commits"] == 0
    assert "nothing to do" in invoke("grid", "publish", grid, "--ledger", ledger).stdout
    for value in ("0.5", "0.75"):
        invoke("grid", "value", grid, "3", "4", "5", "--set", value)
    assert document("grid", "publish", grid, "--ledger", ledger)["commits"] == 2
    assert "valid" in invoke("chain", "verify", "--ledger", ledger).stdout
