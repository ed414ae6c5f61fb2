"""An upgrade, its way back and the end of the old store, killed at every step: the old store or the new one, whole."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import OlderStoreError
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.kernel.block import Chain, undo_chain_upgrade, upgrade_chain, verify_chain
from focusmesh.kernel.state import LmdbStore, before_upgrade_path, discard_older
from focusmesh.kernel.state.store import older
from tests.formats import making
from tests.formats.test_formats import HERE as FORMATS
from tests.formats.test_formats import facts

if TYPE_CHECKING:
    from tests.conftest import Measured

SCRIPT = Path(__file__).with_name("upgrade_killed.py")
MADE = FORMATS / "1"
WHOLE = facts(MADE)


def old_data(folder: Folder, path: Path | None = None) -> bytes:
    return ((folder.store if path is None else path) / "data.mdb").read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Folder:
    """A ledger of format 1."""
    return Folder(making.unpack(MADE, tmp_path / "source"))


def killed(source: Folder, where: Path, action: str, measured: Measured) -> list[Folder]:
    """What is left of ``action`` after a kill at each of its steps, and after all of them."""
    where.mkdir()
    words = [sys.executable, str(SCRIPT), str(source.path), str(where), action]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    measured(f"{action} of a store killed at {steps} steps")
    return [Folder(where / str(step)) for step in range(steps + 1)]


def found(folder: Folder) -> dict[str, Any] | None:
    """What is in the ledger, None where it has format 1."""
    assert folder.is_there()
    try:
        store = LmdbStore(folder.store)
    except OlderStoreError:
        return None
    with closing(store):
        assert not (folder.path / "store.discarded").exists()
        return making.facts(Chain(store, operations()), store)


def test_an_upgrade_is_done_or_not(source: Folder, tmp_path: Path, measured: Measured) -> None:
    before, states = old_data(source), []
    for folder in killed(source, tmp_path / "killed", "upgrade", measured):
        states.append(found(folder))
        if states[-1] is None:
            assert old_data(folder) == before
            upgrade_chain(folder.store)
            assert found(folder) == WHOLE
        else:
            assert states[-1] == WHOLE
        assert old_data(folder, before_upgrade_path(folder.store)) == before
    assert states[0] is None
    assert states[-1] is not None


def test_going_back_is_done_or_not(source: Folder, tmp_path: Path, measured: Measured) -> None:
    before, states = old_data(source), []
    upgrade_chain(source.store)
    for folder in killed(source, tmp_path / "killed", "undo", measured):
        states.append(found(folder))
        if states[-1] is not None:
            assert states[-1] == WHOLE
            undo_chain_upgrade(folder.store)
        assert old_data(folder) == before
        assert not before_upgrade_path(folder.store).exists()
    assert states[0] is not None
    assert states[-1] is None


def test_an_old_store_is_there_whole_or_not(
    source: Folder, tmp_path: Path, measured: Measured
) -> None:
    before, states = old_data(source), []
    upgrade_chain(source.store)
    for folder in killed(source, tmp_path / "killed", "discard", measured):
        assert found(folder) == WHOLE
        path = before_upgrade_path(folder.store)
        states.append(path.exists())
        if states[-1]:
            assert old_data(folder, path) == before
            assert discard_older(folder.store)
        left = {each.name for each in folder.path.iterdir()}
        assert left == {"store", "spool"}
    assert states[0]
    assert not states[-1]


def test_without_going_on_a_killed_exchange_leaves_no_ledger(
    source: Folder, tmp_path: Path, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: where nobody ends what was begun, a kill between two renames shows."""
    folders = killed(source, tmp_path / "killed", "upgrade", measured)
    monkeypatch.setattr(older, "_restore_name", lambda _: None)
    there = [folder.is_there() for folder in folders]
    assert there[0]
    assert there[-1]
    assert not all(there)


def test_what_an_upgrade_makes_verifies_and_goes_on(source: Folder) -> None:
    upgrade_chain(source.store)
    with closing(LmdbStore(source.store)) as store:
        assert verify_chain(store, operations()).block.hex() == WHOLE["block"]


def test_what_was_forgotten_before_is_in_the_old_store_alone(source: Folder) -> None:
    """Format 1 left it in free pages; what is written anew has none."""
    assert making.GONE in old_data(source)
    upgrade_chain(source.store)
    assert making.GONE not in b"".join(path.read_bytes() for path in source.store.iterdir())
