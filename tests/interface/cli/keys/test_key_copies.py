"""Sealed keys are copied out and in: only what opens, and nothing over anything."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.keys.keystore import Keystore
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.interface.cli.conftest import written
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke

pytestmark = pytest.mark.usefixtures("cheap_seals")
ANOTHER = "another long phrase"


@pytest.fixture
def copy(tmp_path: Path, alice: SigningKey, invoke: Invoke) -> Path:
    """Alice's key as it was exported."""
    invoke("keys", "export", alice.public.hex(), "-o", tmp_path / "stick.key.json")
    return tmp_path / "stick.key.json"


def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keystore:
    """The keystore of another machine, from now on that of the commands."""
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "other"))
    return Keystore(tmp_path / "other")


def test_a_key_goes_to_another_machine(
    copy: Path,
    tmp_path: Path,
    alice: SigningKey,
    document: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    store = elsewhere(tmp_path, monkeypatch)
    found = document("keys", "import", copy)
    assert (found["name"], found["neuron"]) == ("stick", alice.public.hex())
    assert store.unlock("stick", PASSPHRASE).seed == alice.seed
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert [path.name for path in store.folder.iterdir()] == ["stick.key.json"]


def test_a_copy_may_have_a_passphrase_of_its_own(
    tmp_path: Path,
    alice: SigningKey,
    document: Callable[..., dict[str, Any]],
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phrase = written(tmp_path / "phrase", ANOTHER)
    where = tmp_path / "copy.json"
    told = document("keys", "export", "alice", "-o", where, "--new-passphrase-file", phrase)
    assert told["output"] == str(where)
    assert Keystore(tmp_path / "keys").unlock("alice", PASSPHRASE).public == alice.public
    store = elsewhere(tmp_path, monkeypatch)
    wrong = invoke("keys", "import", where, "--name", "mine", code=ExitCode.INPUT)
    assert "wrong passphrase" in wrong.stderr
    assert not store.folder.exists()
    invoke("keys", "import", where, "--name", "mine", "--passphrase-file", phrase)
    assert store.unlock("mine", ANOTHER).public == alice.public


@pytest.mark.usefixtures("alice")
def test_a_copy_that_nobody_can_open_is_not_made(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", "not the right one")
    done = invoke("keys", "export", "alice", "-o", tmp_path / "copy", code=ExitCode.INPUT)
    assert "wrong passphrase" in done.stderr
    assert not (tmp_path / "copy").exists()


def test_nothing_is_written_over(copy: Path, invoke: Invoke, tmp_path: Path) -> None:
    before = copy.read_bytes()
    there = invoke("keys", "export", "alice", "-o", copy, code=ExitCode.FILE)
    assert "--force" in there.stderr
    phrase = written(tmp_path / "phrase", ANOTHER)
    invoke("keys", "export", "alice", "-o", copy, "--force", "--new-passphrase-file", phrase)
    assert copy.read_bytes() != before
    taken = invoke("keys", "import", copy, "--name", "alice", code=ExitCode.FILE)
    assert "already" in taken.stderr


def test_a_key_is_here_once(copy: Path, invoke: Invoke) -> None:
    again = invoke("keys", "import", copy, code=ExitCode.INPUT)
    assert "is here already, as 'alice'" in again.stderr


@pytest.mark.usefixtures("bob")
def test_what_was_changed_is_not_kept(
    copy: Path, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = Keystore(tmp_path / "keys").find("bob").neuron.hex()
    store = elsewhere(tmp_path, monkeypatch)
    fields = json.loads(copy.read_text(encoding="utf-8"))
    for changed in ({"public": bob}, {"passes": 2}, {"sealed": fields["sealed"][:-2] + "00"}):
        copy.write_text(json.dumps(fields | changed), encoding="utf-8")
        invoke("keys", "import", copy, code=ExitCode.INPUT)
    copy.write_bytes(b"no key at all")
    refused = invoke("keys", "import", copy, code=ExitCode.INPUT)
    assert f"{copy}: not a sealed key" in refused.stderr
    assert not store.folder.exists()
    assert "no such file" in invoke("keys", "import", "nowhere.json", code=ExitCode.FILE).stderr
