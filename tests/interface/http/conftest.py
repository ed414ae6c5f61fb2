"""A small graph and a small ledger behind the application, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from litestar.testing import TestClient

import focusmesh
from focusmesh.interface.grid import GridService
from focusmesh.interface.http import application
from focusmesh.interface.keyring import Keyring
from focusmesh.interface.keystore import Keystore
from focusmesh.interface.service import Service
from focusmesh.interface.settings import Settings
from tests.interface.conftest import PASSPHRASE
from tests.interface.grids import small_grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from focusmesh.interface.grid import KeptGrid
    from focusmesh.interface.http import ApiKeys

    Client = TestClient[Any]

LOCAL = "http://127.0.0.1"


class Served(Protocol):
    def __call__(
        self, service: Service, keys: ApiKeys | None = None, **options: Any
    ) -> AbstractContextManager[Client]: ...


@contextmanager
def served(
    service: Service,
    keys: ApiKeys | None = None,
    grid: GridService | None = None,
    **options: Any,
) -> Iterator[Client]:
    """A client of the application; ``options`` are settings, with __ for the dot."""
    said = {name.replace("__", "."): value for name, value in options.items()}
    app: Any = application(service, Settings.read(None, {}, said), keys, grid=grid)
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A graph file with relations and texts."""
    graph = focusmesh.Graph.from_edges(
        ["alpha", "beta", "gamma", "alpha", "delta"],
        ["beta", "gamma", "alpha", "delta", "alpha"],
        relation=["before", "before", "rhymes", "before", "rhymes"],
    )
    graph.set_text("alpha", "the first letter of all")
    graph.set_text("gamma", "the third letter")
    graph.save(tmp_path / "letters.focusmesh")
    return tmp_path / "letters.focusmesh"


@pytest.fixture
def client(letters: Path) -> Iterator[Client]:
    """A client of the letters."""
    with served(Service.open(letters)) as client:
        yield client


@pytest.fixture
def told(ledger: Path) -> Path:
    """The ledger with two blocks."""
    with focusmesh.open(ledger) as graph:
        graph.update([("a", "b"), ("b", "c"), ("c", "a", 2, "x")])
        graph.link("a", "d", 3)
    return ledger


@pytest.fixture
def keyring() -> Keyring:
    """Signs receipts with alice's key."""
    import os

    return Keyring(Keystore.at(None, os.environ), "alice", lambda _: PASSPHRASE)


@pytest.fixture
def ledger_client(told: Path, keyring: Keyring) -> Iterator[Client]:
    """A client of the ledger."""
    with served(Service.open(told, keyring=keyring)) as client:
        yield client


@pytest.fixture
def kept() -> KeptGrid:
    """A small grid."""
    return small_grid()


@pytest.fixture
def grid(letters: Path, kept: KeptGrid) -> Iterator[Client]:
    """A client of the letters and of a small grid."""
    with served(Service.open(letters), grid=GridService(kept, save_seconds=3_600)) as client:
        yield client
