"""``focusmesh mcp`` refuses at the start what it could not serve; a memory is imported into files and ledgers."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh import Graph
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.ids import digest, to_cid
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.interface.mcp import LedgerStore
from tests.interface.cli.conftest import written
from tests.interface.mcp.conftest import keyring_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

LONG = "It was a long story. " * 300


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ([], ExitCode.USAGE, "say where the memory is"),
        (["m.focusmesh", "--ledger", "led"], ExitCode.USAGE, "say where the memory is"),
        (["no/such/folder/m.focusmesh"], ExitCode.FILE, "its folder is not there"),
        (["nothing.csv"], ExitCode.FILE, "no such file"),
        (["--ledger", "nowhere"], ExitCode.FILE, "nowhere"),
        (["m.focusmesh", "--http", "--host", "0.0.0.0"], ExitCode.USAGE, "FOCUSMESH_MCP_TOKEN"),
        (["m.focusmesh", "--budget-tokens", "0"], ExitCode.USAGE, "--budget-tokens"),
        (["m.focusmesh", "--commands"], ExitCode.USAGE, "--commands needs --ledger"),
        (["--ledger", "x", "--commands", "--read-only"], ExitCode.USAGE, "not go with --read-only"),
    ],
)
def test_what_cannot_be_served_is_refused(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: ExitCode,
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOCUSMESH_MCP_TOKEN", raising=False)
    assert why in invoke("mcp", *arguments, code=code).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_does_not_open_is_told_at_the_start(
    invoke: Invoke, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", "another one")
    assert "passphrase" in invoke("mcp", "--ledger", ledger, code=ExitCode.INPUT).stderr


def test_a_port_that_is_taken_is_told(invoke: Invoke, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = invoke(
            "mcp", tmp_path / "m.focusmesh", "--http", "--port", port, code=ExitCode.FILE
        )
    assert f"cannot listen at 127.0.0.1, port {port}" in refused.stderr


def test_without_the_extra_it_says_so(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mcp.server.lowlevel", "mcp.server.subscriptions"):
        monkeypatch.setitem(sys.modules, name, None)
    missing = invoke("mcp", tmp_path / "m.focusmesh", code=ExitCode.EXTRA)
    assert "focusmesh[mcp]" in missing.stderr


def test_a_memory_goes_into_a_ledger_with_its_long_texts(
    invoke: Invoke, ledger: Path, tmp_path: Path
) -> None:
    entity = {
        "type": "entity",
        "name": "Ada",
        "entityType": "person",
        "observations": ["tea", LONG],
    }
    path = written(tmp_path / "memory.jsonl", json.dumps(entity))
    invoke("import", path, "--ledger", ledger)
    with focusmesh.open(ledger) as graph:
        assert graph.content(to_cid(digest(LONG.encode()))) == LONG.encode()
    store = LedgerStore(OpenLedger(Folder(ledger), keyring_of(tmp_path, None)))
    view = store.moment().view
    found = [view.entity(at) for at in view.entities]
    assert [(each.name, sorted(each.observations)) for each in found] == [("Ada", [LONG, "tea"])]
    store.close()
    invoke("import", path, "-o", tmp_path / "m.focusmesh")
    assert Graph.open(tmp_path / "m.focusmesh").link_count == 3
