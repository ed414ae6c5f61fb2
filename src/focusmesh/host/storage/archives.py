"""Chains out to a stream and in from a file, with the contents that their ledgers keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError
from focusmesh.host.storage.ledger_folder import operations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.storage.ledger_folder import Folder
    from focusmesh.kernel.block import Block, Chain
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.world import Checker


def export_archive(chain: Chain, stream: BinaryIO, progress: Progress | None = None) -> None:
    """Writes genesis, blocks and kept contents.

    Raises BlockError ("height") for a chain that begins with a snapshot: nobody could carry its blocks out.
    """
    from focusmesh.kernel.block import ArchiveWriter

    if chain.base:
        raise BlockError(
            "height",
            f"this ledger begins with the state after block {chain.base} and has no blocks before: "
            "export from a node that has carried out all of them, or make a backup of this one",
        )
    archive = ArchiveWriter(stream, chain.genesis, decided=chain.was_voted_on)
    told = Throttle(progress, "exporting the chain", chain.height, "blocks")
    for height in range(1, chain.height + 1):
        block = chain.block(height)
        archive.add(block, kept_contents(chain, block), chain.decision_of(height))
        told.at(height)
    archive.close()
    told.finish(chain.height)


def import_archive(
    path: Path, folder: Folder, checker: Checker, progress: Progress | None = None
) -> int:
    """Makes the ledger whose chain is in a file, and returns its height; all of it, or nothing new is there.

    Raises BlockError for the first block that does not hold, FileError where the folder is taken or the disk has no
    room for what is in the file, which is less than the ledger takes in the end.
    """
    from focusmesh.host.storage.ledger_create import making, verify_room

    try:
        with making(folder) as beside, path.open("rb") as stream:
            verify_room(beside, path.stat().st_size, "the ledger")
            return _import_chain(
                stream,
                beside,
                checker,
                Throttle(progress, f"importing {path.name}", None, "blocks"),
            )
    except BlockError as error:
        raise BlockError(error.code, f"{path}: {error}") from error


def _import_chain(stream: BinaryIO, place: Path, checker: Checker, told: Throttle) -> int:
    """Makes the store of an archive's chain in ``place``; the height that it comes to."""
    from focusmesh.kernel.block import BlockImport, Chain, read_archive
    from focusmesh.kernel.state import LmdbStore

    genesis, blocks = read_archive(stream)
    store = LmdbStore(place)
    try:
        Chain.create(store, genesis, operations(), checker)
        arriving = BlockImport(store, operations(), checker)
        for block, contents, decision in blocks:
            arriving.add(block, contents, decision)
            told.at(arriving.chain.height)
        arriving.finish()
        told.finish(arriving.chain.height)
        return arriving.chain.height
    finally:
        store.close()


def kept_contents(chain: Chain, block: Block) -> Iterator[bytes]:
    """The contents that a block's signals publish, as far as the ledger keeps them."""
    with chain.state.at() as view:
        for digest in published_contents(block, chain.parameters):
            content = view.content(digest)
            if content is not None:
                yield content


def published_contents(block: Block, parameters: Parameters) -> dict[bytes, None]:
    """Digests of the contents that a block's signals publish, in their order, each once."""
    from focusmesh.kernel.block import Body
    from focusmesh.protocol.signal import parse

    registry = operations()
    signals = Body.decode(block.body, parameters.block_bytes_max).signals
    return {
        digest: None
        for wire in signals
        for operation in registry.read(parse(wire).signal.operations)
        for digest, _ in operation.contents()
    }
