"""Bonds from the command line, and ledgers whose validators decide taken elsewhere with their decisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import Chain
from focusmesh.kernel.state import LmdbStore
from tests.host.voted_ledgers import EPOCH, VotedLedger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

BLOCKS = EPOCH + 3


@pytest.fixture
def voted(tmp_path: Path) -> Path:
    """Blocks of two epochs, in the first of which somebody bonds; the last two have one decision."""
    ledger = VotedLedger(tmp_path / "voted")
    ledger.bond()
    ledger.grow(EPOCH)
    ledger.grow(2, covered=True)
    return ledger.path


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("words", [("bond", "5"), ("unbond", "5"), ("withdraw",), ("accuse", "-")])
def test_where_one_key_makes_the_blocks_nobody_bonds(
    invoke: Invoke, words: tuple[str, ...]
) -> None:
    done = invoke("tx", *words, code=ExitCode.REFUSED, stdin="no evidence")
    assert "no validators" in done.stderr


@pytest.mark.usefixtures("ledger")
def test_long_evidence_is_none(invoke: Invoke) -> None:
    done = invoke("tx", "accuse", "-", code=ExitCode.INPUT, stdin="x" * (2**18 + 1))
    assert "262144 bytes" in done.stderr


@pytest.mark.usefixtures("alice")
def test_without_a_node_nothing_is_decided(invoke: Invoke, voted: Path) -> None:
    words = ("--ledger", voted, "--key", "alice")
    done = invoke("tx", "bond", "5", *words, code=ExitCode.FILE)
    assert "node start" in done.stderr


def test_decisions_go_along(invoke: Invoke, voted: Path, tmp_path: Path) -> None:
    there, file, saved = tmp_path / "there", tmp_path / "voted.chain", tmp_path / "saved"
    assert "every record" in invoke("chain", "verify", "--ledger", voted).stderr
    invoke("chain", "export", "--ledger", voted, "-o", file)
    assert file.read_bytes().startswith(b"focusmesh chain 2\n")
    invoke("verify", file)
    invoke("chain", "import", file, "--ledger", there)
    invoke("node", "backup", voted, "-o", saved)
    invoke("node", "restore", saved, tmp_path / "restored")
    kept = [decisions(path) for path in (voted, there, tmp_path / "restored")]
    assert kept[0] == kept[1] == kept[2]
    assert [bool(each) for each in kept[0]] == [True] * (BLOCKS - 2) + [False, True]
    for path in (there, tmp_path / "restored"):
        assert "every record" in invoke("chain", "verify", "--ledger", path).stderr


def test_a_ledger_that_lost_a_decision_is_found_out(invoke: Invoke, voted: Path) -> None:
    store = LmdbStore(Folder(voted).store)
    with store.write() as writer:
        writer.delete_many("proofs", [BLOCKS.to_bytes(8, "big") + b"decision"])
    store.close()
    done = invoke("chain", "verify", "--ledger", voted, code=ExitCode.REFUSED)
    assert "not decided" in done.stderr


def decisions(path: Path) -> list[bytes]:
    store = LmdbStore(Folder(path).store, readonly=True)
    try:
        chain = Chain(store, operations())
        return [chain.decision_of(height) for height in range(1, chain.height + 1)]
    finally:
        store.close()


@pytest.mark.usefixtures("alice", "bob")
def test_validators_are_named_by_the_option_of_today_and_by_its_old_name(
    invoke: Invoke, tmp_path: Path
) -> None:
    words = ("--agreement", "quorum", "--validator", "alice=60", "--voter", "bob=40")
    invoke("node", "init", tmp_path / "agreed", *words)
    rows = json.loads(invoke("node", "validators", tmp_path / "agreed", "--json").stdout)["items"]
    assert sorted(row["bond"] for row in rows) == [40, 60]
    shown = invoke("node", "init", "--help").stdout
    assert "--validator" in shown
    assert "--voter" not in shown
