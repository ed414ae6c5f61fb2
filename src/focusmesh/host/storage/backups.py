"""A ledger's store copied into a folder while a node goes on, and back: whole and checked, or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import DamagedFileError, FileError, OlderStoreError, StoreBusyError
from focusmesh.host.storage.ledger_create import making, verify_room
from focusmesh.host.storage.ledger_folder import doubt_votes
from focusmesh.host.storage.manifest import (
    MANIFEST,
    PIECE_BYTES,
    BackupFile,
    Manifest,
    check_pieces,
    cut_pieces,
)
from focusmesh.kernel.state import take_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.storage.ledger_folder import Folder
    from focusmesh.kernel.state import InspectedStore, Reader


def make_backup(folder: Folder, where: Path, progress: Progress | None = None) -> Manifest:
    """Copies the store of a ledger as of its last block, whoever writes to it meanwhile, to the new folder ``where``.

    Every page of the store is looked at first. Raises FileError where ``where`` is taken or the disk is full,
    StoreError where the store is damaged; then nothing has the name ``where``.
    """
    from focusmesh.kernel.state import InspectedStore

    with _note_interrupt(f"no backup was made at {where}; do it again"), _beside(where) as beside:
        with closing(InspectedStore(folder.store)) as store:
            manifest = _copy_files(store, beside, progress)
        _write_new(beside / MANIFEST, [manifest.encode()])
        try:
            take_place(beside, where)
        except OSError as error:
            raise FileError(f"{where}: the backup cannot be put there: {error.strerror}") from error
    return manifest


def restore_backup(where: Path, folder: Folder, progress: Progress | None = None) -> Manifest:
    """Makes the ledger of a backup in ``folder``, which is empty or is made.

    Raises FileError where the folder is taken, the disk has no room or ``where`` is no backup, DamagedFileError where
    it is damaged, with the file and the range; then nothing new is there. A ledger of an older format is to be upgraded
    then.
    """
    manifest = _sound_manifest(where)
    told = Throttle(progress, f"restoring {where.name}", manifest.size_bytes, "bytes")
    with (
        _note_interrupt(f"nothing was restored to {folder.path}; do it again"),
        making(folder) as beside,
    ):
        verify_room(beside, manifest.size_bytes, "the ledger")
        done = 0
        for file in manifest.files:
            pieces = _tell_progress(
                check_pieces(where / file.name, file, manifest.piece_bytes), told, done
            )
            _write_new(beside / file.name, pieces)
            done += file.bytes
        told.finish(done)
        # Every byte was held against the manifest; a store of an older format is looked at by its upgrade.
        with suppress(OlderStoreError):
            _verify_restored(beside, manifest)
            doubt_votes(beside)
    return manifest


@contextmanager
def _note_interrupt(words: str) -> Iterator[None]:
    """Adds to an interrupt what has become of what was interrupted."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(words)
        raise


def verify_backup(where: Path, progress: Progress | None = None) -> Manifest:
    """Reads a backup and holds every byte against its manifest.

    Raises FileError where it is none, DamagedFileError where it is damaged, with the file and the range.
    """
    manifest = _sound_manifest(where)
    told = Throttle(progress, f"verifying {where.name}", manifest.size_bytes, "bytes")
    done = 0
    for file in manifest.files:
        for _ in _tell_progress(
            check_pieces(where / file.name, file, manifest.piece_bytes), told, done
        ):
            pass
        done += file.bytes
    told.finish(done)
    return manifest


def _copy_files(store: InspectedStore, beside: Path, progress: Progress | None) -> Manifest:
    """The files of the last moment of a store in ``beside``, and what is said of them."""
    verify_room(beside, store.used_bytes(), "the backup")
    told = Throttle(progress, "backing up", store.used_bytes(), "bytes")
    files, done = [], 0
    with store.snapshot() as snapshot:
        network, height, block = _tip(snapshot.reader)
        for name, stream in snapshot.files().items():
            digests: list[str] = []
            size = _write_new(
                beside / name, _tell_progress(cut_pieces(stream, PIECE_BYTES, digests), told, done)
            )
            files.append(BackupFile(name, size, tuple(digests)))
            done += size
    if snapshot.erased:
        files = _without(snapshot.erased, beside, files)
    told.finish(done)
    return Manifest(network.hex(), height, block.hex(), tuple(files), PIECE_BYTES)


def _without(erased: list[bytes], beside: Path, files: list[BackupFile]) -> list[BackupFile]:
    """Lets the copy go of contents that were erased while it was made, and reads its files again."""
    from focusmesh.kernel.state import LmdbStore

    with closing(LmdbStore(beside)) as store, store.write() as writer:
        writer.delete_many("contents", erased)
    again = []
    for file in files:
        digests: list[str] = []
        with (beside / file.name).open("rb") as stream:
            size = sum(
                map(len, cut_pieces(iter(lambda: stream.read(1 << 20), b""), PIECE_BYTES, digests))
            )
        again.append(BackupFile(file.name, size, tuple(digests)))
    for leftover in beside.iterdir():
        if leftover.name not in {file.name for file in files}:
            leftover.unlink()
    return again


def _verify_restored(store_path: Path, manifest: Manifest) -> None:
    """Opens a store that was copied: its pages are sound and its last block is that of the manifest."""
    from focusmesh.kernel.state import InspectedStore

    with closing(InspectedStore(store_path)) as store, store.read() as reader:
        network, height, block = _tip(reader)
    if (network.hex(), height, block.hex()) != (manifest.network, manifest.height, manifest.block):
        raise DamagedFileError(
            f"the files of the backup are of block {block.hex()} at height {height:,}, its manifest says "
            f"{manifest.block} at {manifest.height:,}: use another backup, or an exported chain"
        )


def _tip(reader: Reader) -> tuple[bytes, int, bytes]:
    """Network, height and id of the last block."""
    from focusmesh.kernel.block import read_blocks

    height = reader.count("headers") - 1
    (block,) = read_blocks(reader, height, height)
    return block.header.network, height, block.header.id


def _sound_manifest(where: Path) -> Manifest:
    from focusmesh.kernel.state import STORE_FILES

    manifest = Manifest.read(where)
    if tuple(file.name for file in manifest.files) != STORE_FILES:
        raise DamagedFileError(
            f"{where / MANIFEST} names other files than {', '.join(STORE_FILES)}"
        )
    return manifest


def _tell_progress(pieces: Iterable[bytes], told: Throttle, done: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        done += len(piece)
        told.at(done)


def _write_new(path: Path, pieces: Iterable[bytes]) -> int:
    """A new file, durable; how many bytes it has."""
    size = 0
    try:
        with path.open("xb") as file:
            for piece in pieces:
                file.write(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    return size


@contextmanager
def _beside(where: Path) -> Iterator[Path]:
    """A new folder ``.NAME.partial`` beside ``where``, which is gone when the block has ended, unless it was renamed.

    What a process that was killed has left there is taken away; two at once are refused.
    """
    beside = where.with_name(f".{where.name}.partial")
    _verify_free(where)
    try:
        beside.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(beside, os.O_RDONLY)
    except OSError as error:
        raise FileError(f"{beside} cannot be made: {error.strerror}") from error
    try:
        _lock(handle, where)
        try:
            _verify_free(where)
            for left in beside.iterdir():
                left.unlink()
            yield beside
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    finally:
        os.close(handle)


def _verify_free(where: Path) -> None:
    if where.exists():
        raise FileError(f"{where}: exists; name a new folder for the backup")
    if not where.parent.is_dir():
        raise FileError(f"{where}: there is no folder {str(where.parent)!r}")


def _lock(handle: int, where: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreBusyError(f"{where}: another process is making this backup") from error
