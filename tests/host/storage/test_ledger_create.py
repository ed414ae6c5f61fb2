"""Ledgers are made whole or not at all, whoever is killed or fails at it."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, FileError, StoreBusyError
from focusmesh.host.storage.archives import export_archive, import_archive
from focusmesh.host.storage.ledger_create import making
from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.block import Grant
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.world import SameProcess
from tests.conftest import ROOT

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

KILLED = """
import os, sys
sys.path.insert(0, ".")
from pathlib import Path
from focusmesh.host.storage import archives, ledger_create
from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.kernel.block import Chain, Grant
from focusmesh.kernel.state import Parameters
from focusmesh.kernel.state.store import folders
from focusmesh.protocol.world import SameProcess

def kill(*arguments, **named): os.kill(os.getpid(), 9)

where, moment, archive = sys.argv[1:]
if moment == "begun": Chain.create = kill
if moment == "block": Chain.accept = kill
if moment == "made": ledger_create.take_place = kill
if moment == "renamed": folders.sync_folder = lambda _: kill() if Path(where, "store").exists() else None
if archive: archives.import_archive(Path(archive), Folder(Path(where)), SameProcess())
create(Folder(Path(where)), "test", Parameters(proposers=(bytes(32),)), [Grant(bytes(32), 0, 1)], 1)
"""


def killed(where: Path, moment: str, archive: object = "") -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(where), moment, str(archive)], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL


def made(where: Path, key: SigningKey) -> None:
    own = Parameters(proposers=(key.public,))
    create(Folder(where), "test", own, [Grant(key.public, 0, 10**6)], 1_000)


@pytest.fixture
def archive(ledger: Path, tmp_path: Path) -> Path:
    """An exported chain of two blocks."""
    import focusmesh

    with focusmesh.open(ledger) as graph:
        graph.link("a", "b")
        graph.link("b", "c")
    opened = OpenedChain.of(Folder(ledger))
    path = tmp_path / "exported.chain"
    with path.open("wb") as stream:
        export_archive(opened.reading(), stream)
    opened.release()
    return path


@pytest.mark.parametrize("moment", ["begun", "made"])
def test_another_takes_the_folder_of_one_that_was_killed(
    tmp_path: Path, alice: SigningKey, moment: str
) -> None:
    where = tmp_path / "new"
    killed(where, moment)
    assert [entry.name for entry in where.iterdir()] == ["store.unfinished"]
    with pytest.raises(FileError, match="a ledger was being made here and is not whole"):
        Folder.existing(where)
    made(where, alice)
    opened = OpenedChain.of(Folder.existing(where))
    assert opened.reading().height == 0
    opened.release()
    assert [entry.name for entry in where.iterdir()] == ["store"]


def test_what_was_renamed_is_a_ledger(tmp_path: Path, alice: SigningKey) -> None:
    where = tmp_path / "new"
    killed(where, "renamed")
    with pytest.raises(FileError, match="there is a ledger here already"):
        made(where, alice)


@pytest.mark.parametrize("moment", ["begun", "block", "made"])
def test_an_import_that_was_killed_is_done_again(
    tmp_path: Path, archive: Path, moment: str
) -> None:
    where = tmp_path / "new"
    killed(where, moment, archive)
    assert not Folder(where).is_there()
    assert import_archive(archive, Folder(where), SameProcess()) == 2
    assert [entry.name for entry in where.iterdir()] == ["store"]


def test_two_do_not_make_one_ledger(tmp_path: Path, alice: SigningKey) -> None:
    where = tmp_path / "new"
    with making(Folder(where)) as place:
        with pytest.raises(StoreBusyError, match="another process is making a ledger here"):
            made(where, alice)
        (place / "data.mdb").touch()
    assert Folder(where).is_there()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    where = tmp_path / "new"
    with pytest.raises(KeyboardInterrupt), making(Folder(where)) as place:
        _interrupted(place)
    assert not where.exists()
    with pytest.raises(KeyboardInterrupt), making(Folder(where / "deep" / "er")) as place:
        _interrupted(place)
    assert not where.exists()
    where.mkdir()
    with pytest.raises(KeyboardInterrupt), making(Folder(where)) as place:
        _interrupted(place)
    assert list(where.iterdir()) == []


def test_a_folder_with_something_else_in_it_stays(tmp_path: Path) -> None:
    where = tmp_path / "new" / "ledger"
    with pytest.raises(KeyboardInterrupt), making(Folder(where)) as place:
        _interrupted(place, where.parent / "notes")
    assert [entry.name for entry in where.parent.iterdir()] == ["notes"]
    with pytest.raises(FileError, match="Permission denied"):
        _made_in_vain(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def _made_in_vain(parent: Path) -> None:
    """A folder in a folder that is made, and then may not be written to."""
    mkdir = Path.mkdir

    def refuse(path: Path, *given: Any, **named: Any) -> None:
        if path.parent == parent and parent.exists():
            raise PermissionError(13, "Permission denied")
        mkdir(path, *given, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "mkdir", refuse)
        with making(Folder(parent / "ledger")):
            pass


def test_who_waited_for_a_folder_that_went_away_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "new"
    flock = fcntl.flock

    def taken_away(handle: int, how: int) -> None:
        where.rmdir()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", taken_away)
    with pytest.raises(StoreBusyError, match="another process is making"), making(Folder(where)):
        pass
    assert not where.exists()


def test_an_import_that_fails_leaves_nothing(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "deep" / "new"
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(BlockError, match=r"exported\.chain: "):
        import_archive(archive, Folder(where), SameProcess())
    assert not where.parent.exists()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=7))
    with pytest.raises(FileError, match="7 bytes are free on this disk, the ledger takes about"):
        import_archive(archive, Folder(where), SameProcess())
    assert not where.parent.exists()


def _interrupted(place: Path, *others: Path) -> None:
    for path in (place / "data.mdb", *others):
        path.touch()
    raise KeyboardInterrupt


def test_other_peoples_folders_are_left_alone(tmp_path: Path, alice: SigningKey) -> None:
    taken = tmp_path / "photos"
    taken.mkdir()
    (taken / "photo").touch()
    with pytest.raises(FileError, match="is not empty; name a folder of its own"):
        made(taken, alice)
    with pytest.raises(FileError, match="photo: Not a directory"):
        made(taken / "photo", alice)
    assert [entry.name for entry in taken.iterdir()] == ["photo"]
