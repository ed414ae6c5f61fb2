"""A small graph and a small ledger behind the application, in this process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from litestar.testing import TestClient

import focusmesh
from focusmesh.host.grid import GridService
from focusmesh.host.keys.keyring import Keyring
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.service import Service
from focusmesh.host.settings import Settings
from focusmesh.interface.server.process import application
from tests.host.grids import small_grid
from tests.ledger_fixtures import PASSPHRASE, key_in, ledger_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from focusmesh.host.grid import KeptGrid
    from focusmesh.interface.server.shared import ApiKeys

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
    return letters_in(tmp_path)


def letters_in(folder: Path) -> Path:
    """What ``letters`` is, in some folder."""
    graph = focusmesh.Graph.from_edges(
        ["alpha", "beta", "gamma", "alpha", "delta"],
        ["beta", "gamma", "alpha", "delta", "alpha"],
        relation=["before", "before", "rhymes", "before", "rhymes"],
    )
    graph.set_text("alpha", "the first letter of all")
    graph.set_text("gamma", "the third letter")
    graph.save(folder / "letters.focusmesh")
    return folder / "letters.focusmesh"


@pytest.fixture
def client(letters: Path) -> Iterator[Client]:
    """A client of the letters."""
    with served(Service.open(letters)) as client:
        yield client


@pytest.fixture
def told(ledger: Path) -> Path:
    """The ledger with two blocks."""
    tell(ledger)
    return ledger


def tell(ledger: Path) -> None:
    """The two blocks of ``told``."""
    with focusmesh.open(ledger) as graph:
        graph.update([("a", "b"), ("b", "c"), ("c", "a", 2, "x")])
        graph.link("a", "d", 3)


@pytest.fixture
def keyring() -> Keyring:
    """Signs receipts with alice's key."""
    return keyring_of_alice()


def keyring_of_alice() -> Keyring:
    """With the keystore that the environment names."""
    return Keyring(Keystore.at(None, os.environ), "alice", lambda _: PASSPHRASE)


@pytest.fixture
def ledger_client(told: Path, keyring: Keyring) -> Iterator[Client]:
    """A client of the ledger."""
    with served(Service.open(told, keyring=keyring)) as client:
        yield client


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of the letters for all tests of a file that change nothing: an application takes a while to make."""
    with served(Service.open(letters_in(tmp_path_factory.mktemp("letters")))) as client:
        yield client


@pytest.fixture(scope="module")
def shared_ledger_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of the ledger for all of them."""
    folder = tmp_path_factory.mktemp("ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOCUSMESH_KEYS", str(folder))
        patch.setenv("FOCUSMESH_PASSPHRASE", PASSPHRASE)
        path = ledger_in(folder / "ledger", key_in(folder, "alice"), key_in(folder, "bob"))
        tell(path)
        with served(Service.open(path, keyring=keyring_of_alice())) as client:
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
