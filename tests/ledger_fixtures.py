"""Ledgers in folders, with keys whose sealing costs next to nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest

from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.kernel.block import Grant
from focusmesh.kernel.state import Parameters
from focusmesh.protocol import identity
from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, SealCosts, SigningKey, seal_key

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

PASSPHRASE = "correct horse battery staple"
CHEAP = SealCosts(passes=1, memory_kib=64, lanes=1)


class NewKey(Protocol):
    def __call__(self, name: str) -> SigningKey: ...


class NewLedger(Protocol):
    def __call__(self, name: str = "ledger", **parameters: Any) -> Path: ...


def key_in(folder: Path, name: str) -> SigningKey:
    """The key of that name, whose seed are the bytes of the name, sealed into a keystore."""
    key = SigningKey(name.encode().ljust(32))
    sealed = seal_key(
        key.seed, PASSPHRASE, bytes(SEAL_RANDOM_BYTES), public=key.public, costs=CHEAP
    )
    (folder / f"{name}.key.json").write_bytes(sealed)
    return key


def ledger_in(path: Path, alice: SigningKey, bob: SigningKey, **parameters: Any) -> Path:
    """A ledger, named as its folder, whose blocks alice makes; bob has some stake too."""
    own = {"proposers": (alice.public,), "minters": (alice.public,), **parameters}
    grants = [Grant(alice.public, 1_000, 10**12), Grant(bob.public, 0, 10**6)]
    create(Folder(path), path.name, Parameters(**own), grants, time=1_000)
    return path


@pytest.fixture
def new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewKey:
    """Makes a key in the keystore that the environment names; its seed are the bytes of its name."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("FOCUSMESH_KEYS", str(folder))
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", PASSPHRASE)
    return partial(key_in, folder)


@pytest.fixture
def cheap_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are sealed in this process cost next to nothing."""
    monkeypatch.setattr(identity, "seal_key", partial(seal_key, costs=CHEAP))


@pytest.fixture
def alice(new_key: NewKey) -> SigningKey:
    """The key that makes the blocks."""
    return new_key("alice")


@pytest.fixture
def bob(new_key: NewKey) -> SigningKey:
    """Another key."""
    return new_key("bob")


@pytest.fixture
def new_ledger(tmp_path: Path, alice: SigningKey, bob: SigningKey) -> NewLedger:
    """Makes a ledger whose blocks alice makes; bob has some stake too."""

    def make(name: str = "ledger", **parameters: Any) -> Path:
        return ledger_in(tmp_path / name, alice, bob, **parameters)

    return make


@pytest.fixture
def ledger(new_ledger: NewLedger, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with its genesis alone, named by the environment."""
    made = new_ledger()
    monkeypatch.setenv("FOCUSMESH_LEDGER", str(made))
    return made


@pytest.fixture
def pieces_of_1024(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of many pieces."""
    monkeypatch.setattr("focusmesh.host.storage.backups.PIECE_BYTES", 1_024)
