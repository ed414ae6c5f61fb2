"""Memories in graph files and in ledgers: one test body for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from focusmesh.host.keys.keyring import Keyring
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.interface.mcp import FileStore, LedgerStore
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.interface.mcp.store import MemoryStore
    from tests.ledger_fixtures import NewLedger


class NewStore(Protocol):
    def __call__(self, key: str | None = None) -> MemoryStore:
        """Another opening of the same memory; ``key`` signs where it is a ledger."""


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Alice's keys."""
    return keyring_of(tmp_path, None)


def keyring_of(tmp_path: Path, key: str | None) -> Keyring:
    return Keyring(Keystore.at(str(tmp_path / "keys"), {}), key, lambda _: PASSPHRASE)


@pytest.fixture(params=["file", "ledger"])
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path, new_ledger: NewLedger
) -> Iterator[NewStore]:
    opened: list[MemoryStore] = []
    folder = new_ledger() if request.param == "ledger" else None

    def make(key: str | None = None) -> MemoryStore:
        store: MemoryStore = (
            FileStore(tmp_path / "memory.focusmesh")
            if folder is None
            else LedgerStore(OpenLedger(Folder(folder), keyring_of(tmp_path, key)))
        )
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: NewStore) -> MemoryStore:
    """An empty memory."""
    return new_store()
