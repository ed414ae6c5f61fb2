"""A ledger that begins with a snapshot, in the hands of its owner: every command works, or says why it cannot."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError
from focusmesh.host.service.ledger import LedgerSource
from focusmesh.host.service.ranks import Shelf
from focusmesh.host.storage.ledger_create import making
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import Chain, SnapshotRestore, Snapshots, read_signed_headers
from focusmesh.kernel.state import LmdbStore
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]


@pytest.fixture
def joined(ledger: Path, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger that was begun with the state after block 3 of another one; the environment names it."""
    for source, target in (("one", "two"), ("one", "three"), ("two", "three")):
        invoke("tx", "link", source, target)
    folder = Folder(tmp_path / "joined")
    with making(folder) as beside, closing(LmdbStore(ledger / "store", readonly=True)) as store:
        chain = Chain(store, operations())
        with closing(LmdbStore(beside)) as made, Snapshots(chain) as snapshots:
            restoring = SnapshotRestore(made, chain.genesis, operations())
            restoring.add_headers(read_signed_headers(chain, 1, snapshots.height))
            restoring.begin(snapshots.manifest)
            while missing := restoring.missing():
                restoring.take(missing[0], snapshots.page(missing[0]))
            restoring.finish(chain.block(snapshots.height).body)
    monkeypatch.setenv("FOCUSMESH_LEDGER", str(folder.path))
    return folder.path


def test_it_is_verified_and_goes_on(joined: Path, invoke: Invoke, document: Document) -> None:
    assert "valid: headers 0 to 3, blocks 3 to 3" in invoke("chain", "verify").stdout
    assert invoke("tx", "link", "one", "four").stdout == "block 4\n"
    told = invoke("chain", "verify")
    assert "valid: headers 0 to 4, blocks 3 to 4" in told.stdout
    assert "every record is what the headers lead to" in told.stderr
    verified = document("chain", "verify")
    assert (verified["base"], verified["height"]) == (3, 4)
    assert document("node", "status", joined)["height"] == 4


def test_what_was_published_before_can_be_forgotten(joined: Path, invoke: Invoke) -> None:
    invoke("forget", "two")
    kept = b"".join(path.read_bytes() for path in (joined / "store").glob("*.heap"))
    assert b"two" not in kept
    assert b"three" in kept
    invoke("chain", "verify")


def test_it_is_backed_up_and_restored(joined: Path, invoke: Invoke, tmp_path: Path) -> None:
    invoke("node", "backup", joined, "-o", tmp_path / "backup")
    invoke("node", "restore", tmp_path / "backup", tmp_path / "restored")
    verified = invoke("chain", "verify", "--ledger", tmp_path / "restored").stdout
    assert "headers 0 to 3, blocks 3 to 3" in verified


def test_what_it_has_not_is_told(joined: Path, invoke: Invoke, tmp_path: Path) -> None:
    refused = invoke("chain", "export", "-o", tmp_path / "chain", code=ExitCode.REFUSED)
    assert "begins with the state after block 3" in refused.stderr
    assert not (tmp_path / "chain").exists()
    edges = written(tmp_path / "edges.csv", "source,target\na,b\n")
    refused = invoke("import", edges, "--ledger", joined, "--resume", code=ExitCode.REFUSED)
    assert "nobody can tell what of the file is there already" in refused.stderr
    assert invoke("chain", "header", "--at", "1").stdout.startswith("{")
    refused = invoke("query", "rank", "--at", "1", code=ExitCode.REFUSED)
    assert "begins with the state after block 3" in refused.stderr


def test_blocks_are_listed_down_to_the_first(joined: Path, invoke: Invoke, tmp_path: Path) -> None:
    invoke("tx", "link", "one", "five")
    source = LedgerSource(Folder(joined), None, Shelf(tmp_path / "shelf"))
    page = source.blocks(limit=1)
    assert [block.height for block in page.items] == [4]
    rest = source.blocks(limit=10, cursor=page.cursor)
    assert [block.height for block in rest.items] == [3]
    assert rest.cursor is None
    with pytest.raises(BlockError, match="begins with the state after block 3"):
        source.block(2)
