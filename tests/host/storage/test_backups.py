"""A backup is one block's moment, whole or not there, whatever happens meanwhile; and it comes back or nothing does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import (
    FileError,
    StoreBusyError,
    StoreError,
)
from focusmesh.host.storage import backups
from focusmesh.host.storage.backups import make_backup, restore_backup, verify_backup
from focusmesh.host.storage.integrity import verify_ledger
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.manifest import MANIFEST
from focusmesh.ids import digest
from focusmesh.kernel.state import STORE_FILES
from focusmesh.protocol.world import SameProcess
from tests.host.storage.backups import backed_up, filled, records, restored
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from focusmesh.engine.support.progress import Step

WRITER = """
import sys, focusmesh
with focusmesh.open(sys.argv[1]) as graph:
    for number in range(100_000):
        graph.update([(f"from {number}", f"to {number % 50}")])
        print(graph.height, flush=True)
        if sys.stdin.readline() != "on\\n":
            break
"""


@pytest.mark.usefixtures("pieces_of_1024")
def test_a_ledger_comes_back_as_it_was(ledger: Path) -> None:
    filled(ledger)
    where = backed_up(ledger)
    assert sorted(path.name for path in where.iterdir()) == sorted((*STORE_FILES, MANIFEST))
    assert verify_backup(where).height == 3
    again = restored(where)
    assert records(again) == records(ledger)
    verified = verify_ledger(Folder(again), SameProcess())
    assert (verified.height, verified.block.hex()) == (3, verify_backup(where).block)
    with focusmesh.open(again) as graph:
        graph.link("data", "paper 0")
        assert graph.height == 4


def test_a_ledger_without_content_comes_back(ledger: Path) -> None:
    again = restored(backed_up(ledger))
    assert records(again) == records(ledger)


def test_free_pages_are_left_out(ledger: Path) -> None:
    filled(ledger, 8)
    where = backed_up(ledger)
    assert (where / "data.mdb").stat().st_size < (ledger / "store" / "data.mdb").stat().st_size


def test_backups_while_another_process_makes_blocks(ledger: Path) -> None:
    """Each is of one block, and verifies; so does the ledger itself, while it grows."""
    environment = {**os.environ}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(ledger)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as writer:
        try:
            heights = [height for _, height in zip(range(2), told(writer, ledger), strict=False)]
        finally:
            assert writer.stdin is not None
            writer.stdin.close()
            writer.wait(60)
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]


def told(writer: subprocess.Popen[str], ledger: Path) -> Iterator[int]:
    """Heights of backups, each of a moment at which the writer has made some block and goes on."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    number = 0
    while True:
        number += 1
        for _ in range(3):
            made = int(writer.stdout.readline())
            writer.stdin.write("on\n")
            writer.stdin.flush()
        found = verify_backup(backed_up(ledger, f"backup {number}"))
        again = restored(ledger.with_name(f"backup {number}"), f"again {number}")
        for folder in (ledger, again):
            verified = verify_ledger(Folder(folder), SameProcess())
            assert verified.height >= found.height >= made
        yield found.height


def command(*words: str) -> None:
    subprocess.run([*PROGRAM, *words], check=True, capture_output=True, timeout=60)


@pytest.fixture
def forgetful(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Somebody forgets between the copy of the records, which name the place, and that of the heap."""
    write = backups._write_new

    def written(path: Path, pieces: Iterable[bytes]) -> int:
        size = write(path, pieces)
        if path.name == STORE_FILES[0]:
            command("forget", "author 1", "--ledger", str(ledger))
        return size

    monkeypatch.setattr(backups, "_write_new", written)
    return monkeypatch


def test_what_is_forgotten_while_it_is_copied_is_not_in_it(
    ledger: Path, forgetful: pytest.MonkeyPatch
) -> None:
    filled(ledger)
    where = backed_up(ledger)
    forgetful.undo()
    assert b"author 0" in (where / "contents.heap").read_bytes()
    again = restored(where)
    assert verify_ledger(Folder(again), SameProcess()).height == 3
    assert records(again)["contents"] == records(ledger)["contents"]
    assert (digest(b"author 1"), b"author 1") not in records(again)["contents"]
    for path in (*where.iterdir(), *backed_up(ledger, "later").iterdir()):
        assert b"author 1" not in path.read_bytes()


def test_twin_without_a_second_look_at_the_records_the_copy_is_damaged(
    ledger: Path, forgetful: pytest.MonkeyPatch
) -> None:
    filled(ledger)
    forgetful.setattr(backups, "_without", lambda erased, beside, files: files)
    where = backed_up(ledger)
    forgetful.undo()
    with pytest.raises(StoreError, match="is marked as erased, and no commit erased it"):
        verify_ledger(Folder(restored(where)), SameProcess())


KILLED = """
import os, signal, sys
from pathlib import Path
from focusmesh.host.storage import backups
from focusmesh.host.storage.backups import make_backup, restore_backup
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.engine.support import progress
progress._SECONDS_BETWEEN = 0.0
backups.PIECE_BYTES = 1024
left = [int(sys.argv[4])]
def kill(step):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "backup":
    make_backup(Folder(Path(sys.argv[2])), Path(sys.argv[3]), kill)
else:
    restore_backup(Path(sys.argv[2]), Folder(Path(sys.argv[3])), kill)
"""


def killed(what: str, source: Path, target: Path, step: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, what, str(source), str(target), str(step)],
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("pieces_of_1024")
@pytest.mark.parametrize("step", [1, 40])
def test_a_killed_backup_has_not_its_name_and_the_next_one_does(ledger: Path, step: int) -> None:
    filled(ledger)
    where = ledger.with_name("monday")
    killed("backup", ledger, where, step)
    assert not where.exists()
    assert where.with_name(".monday.partial").exists()
    assert restored(backed_up(ledger)).exists()
    assert not where.with_name(".monday.partial").exists()


@pytest.mark.usefixtures("pieces_of_1024")
@pytest.mark.parametrize("step", [1, 40])
def test_a_killed_restore_has_made_no_ledger_and_the_next_one_does(ledger: Path, step: int) -> None:
    where = backed_up(filled(ledger))
    killed("restore", where, ledger.with_name("again"), step)
    assert not Folder(ledger.with_name("again")).is_there()
    assert records(restored(where)) == records(ledger)


class Interrupted(Exception):  # noqa: N818  (it stands for KeyboardInterrupt)
    pass


def interrupt(_: Step) -> None:
    raise Interrupted


def test_an_interrupt_leaves_nothing(ledger: Path) -> None:
    filled(ledger)
    where = backed_up(ledger)
    before = sorted(ledger.parent.iterdir())
    with pytest.raises(Interrupted):
        make_backup(Folder(ledger), ledger.with_name("tuesday"), interrupt)
    with pytest.raises(Interrupted):
        restore_backup(where, Folder(ledger.with_name("again")), interrupt)
    assert sorted(ledger.parent.iterdir()) == before


def limited(size: int, *words: str) -> str:
    """What a command says when no file may be longer than ``size`` bytes."""
    shell = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
    program = shell + PROGRAM[2]
    done = subprocess.run(
        [PROGRAM[0], "-c", program, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 4
    return done.stderr


def test_a_full_disk_is_told_and_leaves_nothing(ledger: Path) -> None:
    where = backed_up(filled(ledger))
    other, again = ledger.with_name("tuesday"), ledger.with_name("again")
    for said in (
        limited(50_000, "node", "backup", str(ledger), "-o", str(other)),
        limited(50_000, "node", "restore", str(where), str(again)),
    ):
        assert "data.mdb cannot be written: File too large" in said
    assert not other.exists()
    assert not again.exists()
    assert [path.name for path in ledger.parent.iterdir() if path.name.startswith(".")] == []


def test_too_little_room_is_told_before_anything_is_copied(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=7))
    with pytest.raises(FileError, match="7 bytes are free on this disk, the backup takes about"):
        backed_up(filled(ledger))
    monkeypatch.undo()
    where = backed_up(ledger)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=7))
    with pytest.raises(FileError, match="7 bytes are free on this disk, the ledger takes about"):
        restore_backup(where, Folder(ledger.with_name("again")))
    assert not ledger.with_name("again").exists()


def test_places_that_are_taken_are_left_alone(ledger: Path, tmp_path: Path) -> None:
    where = backed_up(filled(ledger))
    with pytest.raises(FileError, match="exists; name a new folder"):
        backed_up(ledger)
    with pytest.raises(FileError, match="there is no folder"):
        make_backup(Folder(ledger), tmp_path / "none" / "monday")
    with pytest.raises(FileError, match="there is a ledger here already"):
        restore_backup(where, Folder(ledger))
    with pytest.raises(FileError, match="is not empty"):
        restore_backup(where, Folder(tmp_path))
    with pytest.raises(FileError, match="is not a backup"):
        restore_backup(ledger, Folder(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    restore_backup(where, Folder(empty))
    assert records(empty) == records(ledger)


def test_two_at_once_are_refused(ledger: Path) -> None:
    where = ledger.with_name("monday")
    with backups._beside(where) as beside:
        with pytest.raises(StoreBusyError, match="another process is making this backup"):
            backed_up(ledger)
        assert beside.exists()
    assert not where.exists()


def test_a_damaged_store_has_no_backup(ledger: Path) -> None:
    filled(ledger)
    with (ledger / "store" / "data.mdb").open("r+b") as file:
        file.seek(4_096 * 2)
        file.write(bytes(4_096 * 20))
    with pytest.raises(StoreError, match="is damaged at page"):
        backed_up(ledger)
    assert not ledger.with_name("monday").exists()


ENDED = """
import os, signal, sys
from focusmesh.engine.support import progress
progress._SECONDS_BETWEEN = 0.0
from focusmesh.host.storage import backups
backups.PIECE_BYTES = 1024
number = getattr(signal, sys.argv.pop(1))
inner = backups._write_new
def written(path, pieces):
    os.kill(os.getpid(), number)
    return inner(path, pieces)
backups._write_new = written
from focusmesh.interface.cli import main
main()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("what", ["backup", "restore"])
def test_what_is_cut_off_says_so_and_leaves_nothing(ledger: Path, what: str, number: str) -> None:
    filled(ledger)
    target = ledger.with_name("target")
    words = (
        ["backup", str(ledger), "-o", str(target)]
        if what == "backup"
        else ["restore", str(backed_up(ledger)), str(target)]
    )
    before = sorted(ledger.parent.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", ENDED, number, "node", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert str(target) in done.stderr
    assert "do it again" in done.stderr
    assert sorted(ledger.parent.iterdir()) == before


@pytest.mark.usefixtures("pieces_of_1024")
def test_a_folder_where_a_restore_was_killed_says_so(ledger: Path) -> None:
    where = backed_up(filled(ledger))
    again = ledger.with_name("again")
    killed("restore", where, again, 40)
    done = subprocess.run(
        [*PROGRAM, "node", "status", str(again)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "was being made here" in done.stderr
    assert "same command" in done.stderr
    assert records(restored(where)) == records(ledger)
