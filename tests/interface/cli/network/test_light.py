"""focusmesh light: begun with an id, it follows by certificates, and says why it does not go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.light import LightState, read_state, write_state
from focusmesh.host.light.share_sources import LedgerFolderSource
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import Header
from focusmesh.kernel.receipts import ReceiptMaker
from tests.host.voted_ledgers import VALIDATORS, VotedLedger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]


@pytest.fixture
def voted(tmp_path: Path) -> VotedLedger:
    ledger = VotedLedger(tmp_path / "voted")
    ledger.grow(3)
    ledger.bond()
    ledger.grow(2)
    return ledger


@pytest.fixture
def network(voted: VotedLedger) -> str:
    source = LedgerFolderSource(str(voted.path))
    header = Header.decode(source.headers(0, 0)[0].header)
    source.close()
    return header.network.hex()


def test_it_begins_follows_and_says_how_it_stands(
    voted: VotedLedger, network: str, tmp_path: Path, invoke: Invoke, document: Document
) -> None:
    file = tmp_path / "light"
    begun = document("light", "init", file, voted.path, "--network", network)
    assert (begun["height"], begun["agreement"], begun["voters"]) == (0, "quorum", 3)
    assert (
        "exists" in invoke("light", "init", file, voted.path, "--network", network, code=4).stderr
    )
    metrics = tmp_path / "light.prom"
    told = invoke("light", "follow", file, "--once", "--json", "--metrics", metrics)
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [row["height"] for row in rows] == list(range(1, 7))
    assert all(row["confidence"] > 0.99 for row in rows)
    assert "focusmesh_availability_final_height 6" in metrics.read_text()
    status = document("light", "status", file)
    assert (status["height"], status["epoch"], status["voters"]) == (6, 2, 4)
    assert status["trusted_until"] == status["time"] + 14 * 86_400_000
    assert status["refusal"] == ""
    words = invoke("light", "status", file).stdout
    assert "trusted  for 13 more days" in words
    assert invoke("light", "follow", file, "--once").stdout == ""


def test_it_begins_at_a_block(
    voted: VotedLedger, network: str, tmp_path: Path, invoke: Invoke, document: Document
) -> None:
    file = tmp_path / "light"
    source = LedgerFolderSource(str(voted.path))
    block = Header.decode(source.headers(5, 5)[0].header).id.hex()
    source.close()
    begun = document("light", "init", file, voted.path, "--block", f"5:{block}")
    assert (begun["height"], begun["block"], begun["network"]) == (5, block, network)
    (row,) = invoke("light", "follow", file, "--once", "--json").stdout.splitlines()
    assert json.loads(row)["height"] == 6
    for wrong in (f"5:{network}", f"4:{block}"):
        other = tmp_path / "other"
        said = invoke("light", "init", other, voted.path, "--block", wrong, code=ExitCode.REFUSED)
        assert "must have the id" in said.stderr


def test_what_cannot_be_meant_is_refused(
    voted: VotedLedger, network: str, tmp_path: Path, invoke: Invoke
) -> None:
    file = tmp_path / "light"
    start: list[str | Path] = ["light", "init", file, voted.path]
    for options in (
        [],
        ["--network", network, "--block", f"1:{network}"],
        ["--network", "ab"],
        ["--block", network],
        ["--block", "x:" + network],
    ):
        assert invoke(*start, *options, code=ExitCode.USAGE).stderr
    assert invoke(*start, "--network", "00" * 32, code=ExitCode.REFUSED).stderr
    assert "light init" in invoke("light", "follow", tmp_path / "none", code=4).stderr
    invoke(*start, "--network", network)
    refused = invoke("light", "status", file, "--fork", tmp_path / "fork", code=ExitCode.REFUSED)
    assert "no fork" in refused.stderr


def test_stale_trust_ends_it(voted: VotedLedger, tmp_path: Path, invoke: Invoke) -> None:
    ledger = VotedLedger(tmp_path / "short", trusting_ms=1_000, unbonding_ms=2_000)
    source = LedgerFolderSource(str(ledger.path))
    network = Header.decode(source.headers(0, 0)[0].header).network.hex()
    source.close()
    said = invoke(
        *("light", "init", tmp_path / "light", ledger.path, "--network", network),
        code=ExitCode.REFUSED,
    )
    assert "begin again with a newer block id" in said.stderr


def test_receipts_are_held_against_what_is_final(
    voted: VotedLedger, network: str, tmp_path: Path, invoke: Invoke, document: Document
) -> None:
    file, path = tmp_path / "light", tmp_path / "receipt.json"
    invoke("light", "init", file, voted.path, "--network", network)
    source = LedgerFolderSource(str(voted.path))
    receipt = ReceiptMaker(source._opened.reading(), VALIDATORS[0]).rank(4, 3)
    source.close()
    path.write_text(receipt.to_json())
    told = document("light", "verify", file, path)
    assert (told["height"], told["kind"]) == (4, "rank")
    assert read_state(file).trusted.read_header().height == 6
    path.write_text(json.dumps(json.loads(receipt.to_json()) | {"height": 5}))
    assert invoke("light", "verify", file, path, code=ExitCode.REFUSED).stderr
    write_state(file, LightState(read_state(file).trusted, ("http://127.0.0.1:9",)))
    assert "does not answer" in invoke("light", "verify", file, path, code=4).stderr
