"""Whether a store's file is as long as its last commit says, seen before LMDB follows a page number behind its end.

LMDB maps the file: who touches a page behind its end is ended by the operating system (SIGBUS), with no word why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state.store.lmdb.audit import verify_pages
from focusmesh.kernel.state.store.lmdb.pages import PageFile

if TYPE_CHECKING:
    from pathlib import Path


def verify_heads(path: Path) -> None:
    """Raises StoreError where the file at ``path`` is empty, or does not begin as a database does. O(1)."""
    with PageFile(path) as file:
        file.moments()


def verify_length(path: Path) -> None:
    """Raises StoreError where the file was cut short. The caller has a transaction open, so that no page is reused.

    O(1); O(pages) where it is shorter than its last page in use was: pages that were taken and given back in one
    transaction are never written, so a sound file can be.
    """
    with PageFile(path) as file:
        last = file.moments()[0]
        if not file.has_all(last):
            verify_pages(file, last)
