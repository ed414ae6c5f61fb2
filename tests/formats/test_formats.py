"""Files of every generation of formats open today, and hold what they held."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Certificate, Graph, certify
from focusmesh import verify as verify_certificate
from focusmesh.errors import OlderStoreError
from focusmesh.host.keys.paper_backup import read_sheets
from focusmesh.host.keys.recovery import recover_key
from focusmesh.host.spool import Spool
from focusmesh.host.storage.archives import import_archive
from focusmesh.host.storage.backups import restore_backup
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Header, upgrade_chain, verify_chain
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store import formats
from focusmesh.protocol.identity import open_envelope, read_sealed_key, unseal_key
from focusmesh.protocol.signal import parse
from focusmesh.protocol.world import SameProcess
from tests.formats import making

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
GENERATIONS = sorted(path for path in HERE.iterdir() if (path / "facts.json").exists())


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the focusmesh of today makes."""
    folder = tmp_path_factory.mktemp("formats") / "today"
    making.write_all(folder)
    return folder


def having(name: str) -> list[str]:
    """The generations that have a file of this name, and today."""
    return [*(path.name for path in GENERATIONS if (path / name).exists()), "today"]


@pytest.fixture(params=having("facts.json"))
def made(request: pytest.FixtureRequest) -> Path:
    """The files of one generation, or of today."""
    if request.param == "today":
        return Path(request.getfixturevalue("fresh"))
    return HERE / str(request.param)


def upgraded(made: Path, folder: Path) -> Folder:
    """The ledger of a generation in a folder of its own, with a store of today's format."""
    found = Folder(making.unpack(made, folder))
    upgrade_chain(found.store)
    return found


def latest(made: Path, name: str) -> Path:
    """A file of a generation, or of the last one before it that has such a file: since then its format is the same."""
    older = [path for path in GENERATIONS if path.name < made.name]
    return next(each / name for each in (made, *reversed(older)) if (each / name).exists())


def facts(made: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made / "facts.json").read_text())
    return found


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Iterator[LmdbStore]:
    """The ledger's store."""
    opened = LmdbStore(upgraded(made, tmp_path / "ledger").store)
    yield opened
    opened.close()


def test_a_ledger_has_what_it_had(made: Path, store: LmdbStore) -> None:
    assert making.facts(Chain(store, operations()), store) == facts(made)
    with store.read() as reader:
        kept = {value for _, value in reader.scan("contents")}
    assert kept == set(making.KEPT)


def test_a_ledger_verifies_and_goes_on(made: Path, store: LmdbStore) -> None:
    known = facts(made)
    assert verify_chain(store, operations()).block.hex() == known["block"]
    chain = Chain(store, operations())
    writer = making.Writer(chain, {making.ALICE.public: 4})
    results = writer.block(making.ALICE, making.put(b"new"), contents=(b"new",))
    assert [result.code for result in results.values()] == ["ok"]
    assert verify_chain(store, operations()).height == known["height"] + 1


def test_what_waits_for_a_node_is_read(made: Path, tmp_path: Path) -> None:
    (packet,) = Spool(upgraded(made, tmp_path / "ledger").spool).read(1 << 20)
    assert packet.contents == (making.WAITS,)
    assert parse(packet.wire).signal.neuron == making.CAROL.public


def test_an_exported_chain_is_imported(made: Path, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "imported")
    import_archive(made / "exported.chain", folder, SameProcess())
    store = LmdbStore(folder.store)
    try:
        assert making.facts(Chain(store, operations()), store) == facts(made)
    finally:
        store.close()


@pytest.mark.parametrize("name", ["rank", "scores", "link", "rows"])
def test_a_receipt_holds(made: Path, name: str) -> None:
    verify_receipt(receipt(made, name), header(made, name))


def test_a_receipt_is_answered_again(made: Path, store: LmdbStore) -> None:
    found = receipt(made, "context")
    assert found.proof == "re-execution"
    verify_receipt(found, header(made, "context"), Chain(store, operations()))


def receipt(made: Path, name: str) -> Receipt:
    return Receipt.from_json((made / f"{name}.receipt.json").read_bytes())


def header(made: Path, name: str) -> Header:
    """The header of a receipt's block."""
    file = "rows.header.json" if name == "rows" else "header.json"
    fields = json.loads((made / file).read_text())
    stated = fields.pop("block_id")
    found = Header.from_json(fields)
    assert found.id.hex() == stated
    assert name == "rows" or stated == facts(made)["block"]
    return found


def test_a_graph_and_its_certificate_are_read(made: Path) -> None:
    graph = Graph.open(latest(made, "graph.focusmesh"), verify=True)
    assert set(graph.particles) == set("abcd")
    assert graph.weight("d", "a") == 300
    found = Certificate.open(latest(made, "graph.certificate"))
    assert verify_certificate(graph, found) is not None
    assert certify(graph).particles == found.particles


def test_what_is_sealed_opens(made: Path) -> None:
    sealed = latest(made, "alice.key.json").read_bytes()
    assert read_sealed_key(sealed).public == making.ALICE.public.hex()
    assert unseal_key(sealed, making.PASSPHRASE) == making.ALICE.seed
    assert open_envelope(latest(made, "long.envelope").read_bytes(), making.READER) == making.LONG


@pytest.mark.parametrize("made", having("backup.tar.xz"), indirect=True)
def test_a_backup_is_restored(made: Path, tmp_path: Path) -> None:
    backup, folder = (
        making.unpack(made, tmp_path / "backup", "backup"),
        Folder(tmp_path / "restored"),
    )
    assert restore_backup(backup, folder).block == facts(made)["block"]
    upgrade_chain(folder.store)
    with closing(LmdbStore(folder.store)) as store:
        assert making.facts(Chain(store, operations()), store) == facts(made)


def test_a_backup_of_an_older_format_is_restored_to_be_upgraded(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "FORMAT", formats.FORMAT + 1)
    folder = Folder(tmp_path / "restored")
    restore_backup(making.unpack(fresh, tmp_path / "backup", "backup"), folder)
    with pytest.raises(OlderStoreError, match=f"focusmesh node upgrade {folder.path}"):
        LmdbStore(folder.store)


@pytest.mark.parametrize("made", having("alice.shares.txt"), indirect=True)
def test_shares_restore_a_key(made: Path) -> None:
    sheets = read_sheets((made / "alice.shares.txt").read_text(encoding="utf-8"), "sheets")
    assert [sheet.name for sheet in sheets] == ["alice"] * 3
    for pair in combinations(sheets, 2):
        assert recover_key([sheet.share for sheet in pair]).seed == making.ALICE.seed


def test_what_was_forgotten_is_in_no_table(store: LmdbStore) -> None:
    with store.read() as reader:
        assert reader.get("contents", digest(making.GONE)) is None
        assert reader.get("contents", digest(making.LONG)) == making.LONG
