"""A chain's store of an older format becomes one of today's, and goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, StoreError
from focusmesh.kernel.block.header import BLOCK_DOMAIN
from focusmesh.kernel.block.records import read_block
from focusmesh.kernel.state import Tree, recomputed_root
from focusmesh.protocol.identity import verify

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.state import Reader, Upgraded


def upgrade_chain(path: Path, progress: Progress | None = None) -> Upgraded:
    """Gives the store at ``path`` today's format; see ``upgrade_store`` for what stays and what is raised.

    The new store has every record of the old one, its last block is signed, and the root that this names follows from
    the entries of the state.
    """
    from focusmesh.kernel.state import upgrade_store

    return upgrade_store(path, _verify_last_block, progress)


def undo_chain_upgrade(path: Path) -> int:
    """Goes back to the store of before the upgrade; see ``undo_upgrade``."""
    from focusmesh.kernel.state import undo_upgrade

    return undo_upgrade(path, lambda reader: _last_block(reader).header.id)


def _verify_last_block(reader: Reader) -> None:
    block = _last_block(reader)
    header = block.header
    if header.height and not verify(header.proposer, BLOCK_DOMAIN, header.id, block.proof):
        raise _damage_error(f"block {header.height} is not signed by who made it")
    if {header.state_root, Tree.open(reader).root, recomputed_root(reader)} != {header.state_root}:
        raise _damage_error(f"block {header.height} does not have the root of the state")


def _last_block(reader: Reader) -> Block:
    try:
        return read_block(reader, reader.count("headers") - 1)
    except BlockError as error:
        raise _damage_error(str(error)) from error


def _damage_error(what: str) -> StoreError:
    return StoreError(f"{what}: the store was damaged before its upgrade")
