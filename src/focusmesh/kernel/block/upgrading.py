"""A chain's store of an older format becomes one of today's, and goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import StoreError
from focusmesh.kernel.block.records import read_header
from focusmesh.kernel.state import Tree, recomputed_root, undo_upgrade, upgrade_store

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.progress import Progress
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Reader, Upgraded


def upgrade_chain(path: Path, progress: Progress | None = None) -> Upgraded:
    """Gives the store at ``path`` today's format; see ``upgrade_store`` for what stays and what is raised.

    The new store has every record of the old one, and the root that its last block names follows from its entries.
    """
    return upgrade_store(path, _verify_root, progress)


def undo_chain_upgrade(path: Path) -> int:
    """Goes back to the store of before the upgrade; see ``undo_upgrade``."""
    return undo_upgrade(path, _last_block)


def _verify_root(reader: Reader) -> None:
    header = _tip(reader)
    roots = {header.state_root, Tree.open(reader).root, recomputed_root(reader)}
    if len(roots) > 1:
        raise StoreError(
            f"block {header.height} does not have the root of the state: the store was damaged before its upgrade, "
            "and stays as it is"
        )


def _last_block(reader: Reader) -> bytes:
    return _tip(reader).id


def _tip(reader: Reader) -> Header:
    return read_header(reader, reader.count("headers") - 1)
