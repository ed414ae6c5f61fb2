"""Whether a file or folder of ours is what was written, to the last byte, and where it is not."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, CodedError, FileError, InputError, SecretError
from focusmesh.host.keys import SUFFIX as KEY_SUFFIX
from focusmesh.host.keys import KeyFile, key_paths, open_key, read_key
from focusmesh.host.storage.archives import published_contents
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.host.storage.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.block import Chain, VerifiedChain
    from focusmesh.protocol.world import Checker

_HEAD_BYTES = 4_096
_GRAPH, _CHAIN, _JSON = b"FOCUSGPH", b"focusmesh chain ", b"{"
_SEALED = b'"kdf"'


def kind_of(path: Path) -> str | None:
    """``backup``, ``ledger``, ``keys`` (a folder of them), ``graph``, ``chain`` or ``key``; None for something else.

    Raises FileError where nothing is there.
    """
    if path.is_dir():
        if (path / MANIFEST).exists():
            return "backup"
        if Folder(path).is_there():
            return "ledger"
        return "keys" if key_paths(path) else None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise FileError(f"cannot open {path}: {error.strerror}") from error
    for kind, begin in (("graph", _GRAPH), ("chain", _CHAIN)):
        if head.startswith(begin):
            return kind
    return "key" if head.startswith(_JSON) and _SEALED in head else None


def verify_ledger(
    folder: Folder, checker: Checker, progress: Progress | None = None
) -> VerifiedChain:
    """Every page and every content of a ledger's store is looked at, then every block is carried out again.

    A node may go on meanwhile: what is verified is the last block of when it began. Raises StoreError with the place in
    the file, BlockError with the height of the first block that does not hold, or with the first record that the
    blocks do not lead to (see ``verify_chain``).
    """
    from focusmesh.ids import digest
    from focusmesh.kernel.block import verify_chain
    from focusmesh.kernel.state import InspectedStore

    with closing(InspectedStore(folder.store)) as store:
        with store.snapshot() as snapshot:
            snapshot.verify_heap(lambda key, content: digest(content) == key)
        try:
            return verify_chain(store, operations(), checker, progress)
        except BlockError as error:
            advice = "restore a backup, or import an exported chain"
            raise BlockError(error.code, f"{folder.store}: {error}: {advice}") from error


def verify_archive(path: Path, checker: Checker, progress: Progress | None = None) -> Chain:
    """Carries out an exported chain in memory, and returns what it leads to.

    Raises BlockError with the height and the bytes of the first block that does not hold.
    """
    from focusmesh.kernel.block import BlockImport, Chain, read_archive
    from focusmesh.kernel.state import MemoryStore

    store = MemoryStore()
    begun, place = 0, "the genesis"
    with path.open("rb") as stream:
        try:
            genesis, blocks = read_archive(stream)
            Chain.create(store, genesis, operations(), checker)
            arriving = BlockImport(store, operations(), checker)
            chain = arriving.chain
            told = Throttle(progress, f"verifying {path.name}", None, "blocks")
            # Blocks of a genesis that was damaged are of another network than it.
            place = "the genesis or block 1"
            for block, contents, decision in blocks:
                arriving.add(block, contents, decision)
                if contents.keys() - published_contents(block, chain.parameters):
                    raise BlockError(
                        "archive", "a block comes with content that none of its signals publishes"
                    )
                begun, place = stream.tell(), f"block {chain.height + 1} or the end"
                told.at(chain.height)
            arriving.finish()
            told.finish(chain.height)
        except CodedError as error:
            where = f"{place} (bytes {begun:,} to {stream.tell() - 1:,})"
            raise BlockError(error.code, f"{path}: {where}: {error}") from error
        except InputError as error:
            where = f"{place} (bytes {begun:,} to {stream.tell() - 1:,})"
            raise BlockError("archive", f"{path}: {where}: {error}") from error
    return chain


def verify_keys(folder: Path, passphrase: Callable[[str], str]) -> list[KeyFile]:
    """Opens every sealed key in a folder, each with the passphrase of its name.

    Raises SecretError that names all that do not open, FileError.
    """
    found, faults = [], []
    for path in key_paths(folder):
        name = path.name.removesuffix(KEY_SUFFIX)
        try:
            found.append(KeyFile(name, verify_key(path, passphrase(name)), path))
        except SecretError as error:
            faults.append(str(error))
    if faults:
        raise SecretError("; ".join(faults))
    return found


def verify_key(path: Path, passphrase: str) -> bytes:
    """The public key of a sealed key that opens; raises SecretError where it does not, FileError."""
    public: bytes = open_key(read_key(path), passphrase, path).public
    return public
