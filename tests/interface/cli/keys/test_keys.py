"""Keys are sealed files of their owner; no passphrase is ever shown, nor taken from the command line."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ParameterError
from focusmesh.host.keys.keystore import Keystore
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.interface.server.signatures import Asked, Remembered, Signatures
from focusmesh.protocol.identity import SigningKey
from tests.interface.cli.conftest import PROGRAM, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keystore that the environment names, with the passphrase in the environment too."""
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", PASSPHRASE)
    return tmp_path / "keys"


@pytest.mark.usefixtures("folder")
def test_a_key_is_made_listed_and_shown(document: Callable[..., dict[str, Any]]) -> None:
    made = document("keys", "new", "alice")
    document("keys", "new", "bob")
    listed = document("keys", "list")["items"]
    assert [key["name"] for key in listed] == ["alice", "bob"]
    assert document("keys", "show", "alice") == made == document("keys", "show", made["neuron"])


def test_the_file_is_its_owners_alone_and_holds_no_secret(invoke: Invoke, folder: Path) -> None:
    done = invoke("keys", "new", "alice")
    path = folder / "alice.key.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = Keystore(folder).unlock("alice", PASSPHRASE).seed
    kept = path.read_text(encoding="utf-8")
    assert secret.hex() not in kept
    assert json.loads(kept)["kdf"] == "argon2id"
    assert PASSPHRASE not in kept + done.stdout + done.stderr
    assert list(folder.iterdir()) == [path]


def test_what_is_unlocked_signs_for_the_neuron(invoke: Invoke, folder: Path) -> None:
    invoke("keys", "new", "alice")
    store = Keystore(folder)
    key = store.unlock("alice", PASSPHRASE)
    assert isinstance(key, SigningKey)
    assert key.public == store.find("alice").neuron == store.neuron(key.public.hex())
    assert store.name_of(key.public) == "alice"
    assert store.name_of(bytes(32)) is None


@pytest.mark.usefixtures("folder")
def test_a_name_is_taken_once(invoke: Invoke) -> None:
    invoke("keys", "new", "alice")
    assert "already" in invoke("keys", "new", "alice", code=ExitCode.FILE).stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["../alice", "", ".alice", "a/b", "a" * 65, "naïve"])
def test_a_name_cannot_lead_elsewhere(invoke: Invoke, name: str) -> None:
    assert "cannot name a key" in invoke("keys", "new", name, code=ExitCode.INPUT).stderr


@pytest.mark.usefixtures("folder")
def test_an_unknown_key_is_answered_with_those_there_are(invoke: Invoke) -> None:
    invoke("keys", "new", "alice")
    assert "alice" in invoke("keys", "show", "alise", code=ExitCode.INPUT).stderr
    assert "no keys" in invoke("keys", "list", "--keys", "elsewhere").stderr


def test_the_passphrase_can_be_changed(
    invoke: Invoke, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = invoke("keys", "new", "alice").stdout
    fresh = written(tmp_path / "new", "another long phrase\nnot this line")
    changed = invoke("keys", "passphrase", "alice", "--new-passphrase-file", fresh)
    assert changed.stdout == made
    old = invoke("keys", "passphrase", "alice", "--new-passphrase-file", fresh, code=ExitCode.INPUT)
    assert "wrong passphrase" in old.stderr
    monkeypatch.delenv("FOCUSMESH_PASSPHRASE")
    words = ("--passphrase-file", fresh, "--new-passphrase-file", fresh)
    assert invoke("keys", "passphrase", "alice", *words).stdout == made
    assert Keystore(folder).unlock("alice", "another long phrase").public.hex() in made


def test_a_damaged_file_is_refused_by_name(invoke: Invoke, folder: Path) -> None:
    invoke("keys", "new", "alice")
    path = folder / "alice.key.json"
    path.write_bytes(path.read_bytes()[:-20])
    assert "alice.key.json" in invoke("keys", "show", "alice", code=ExitCode.INPUT).stderr


@pytest.mark.usefixtures("folder")
def test_without_a_terminal_nothing_is_asked(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOCUSMESH_PASSPHRASE")
    done = invoke("keys", "new", "alice", code=ExitCode.USAGE)
    assert "--passphrase-file" in done.stderr


def test_a_short_passphrase_is_refused(folder: Path) -> None:
    with pytest.raises(ParameterError, match="at least 8"):
        Keystore(folder).create("alice", "short")
    assert not folder.exists()


def typed(arguments: list[str], lines: list[str], environment: dict[str, str]) -> tuple[str, int]:
    """What a terminal shows when ``lines`` are typed at the prompts of a process, and its exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    for line in lines:
        while not shown.rstrip(b"\n").endswith(b": "):
            shown += os.read(master, 1_024)
        time.sleep(0.05)  # the prompt is written before the echo is off
        os.write(master, line.encode() + b"\n")
        shown += b"\n"
    while True:
        try:
            piece = os.read(master, 1_024)
        except OSError:  # the other end is closed: the process has ended
            break
        shown += piece
    os.close(master)
    return shown.decode(), process.wait(30)


@pytest.mark.parametrize(
    ("lines", "code"), [((PASSPHRASE, PASSPHRASE), 0), ((PASSPHRASE, "other"), ExitCode.USAGE)]
)
def test_a_terminal_is_asked_twice_and_shows_nothing(
    tmp_path: Path, lines: tuple[str, ...], code: int
) -> None:
    environment = {**os.environ, "FOCUSMESH_KEYS": str(tmp_path / "keys")}
    environment.pop("FOCUSMESH_PASSPHRASE", None)
    shown, ended = typed(["keys", "new", "alice"], list(lines), environment)
    assert ended == code, shown
    assert "New passphrase of alice" in shown
    assert PASSPHRASE not in shown
    assert (tmp_path / "keys" / "alice.key.json").exists() == (code == 0)


@pytest.mark.usefixtures("folder")
def test_a_request_is_signed_for_whatever_sends_it(
    invoke: Invoke, document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    neuron = bytes.fromhex(document("keys", "new", "alice")["neuron"])
    url = "http://127.0.0.1:8420/v1/signals?wait=1"
    body = tmp_path / "packet"
    body.write_bytes(b"packet")
    printed = invoke("keys", "sign", "alice", url, "--body", body).stdout
    headers = [line.partition(": ") for line in printed.splitlines()]
    asked = Asked.of("POST", url, [(name.lower(), value) for name, _, value in headers])
    signatures = Signatures(Remembered(None, 0))
    assert signatures.neuron(asked, lambda public: public == neuron, has_body=True) == neuron
    told = document("keys", "sign", "alice", url, "--method", "delete")
    assert (told["method"], list(told["headers"])) == ("DELETE", ["Signature-Input", "Signature"])
    invoke("keys", "sign", "alice", "nowhere", code=3)
    invoke("keys", "sign", "alice", url, "--body", tmp_path / "none", code=4)


def test_a_stray_key_file_hides_no_other(
    invoke: Invoke, folder: Path, document: Callable[..., dict[str, Any]]
) -> None:
    for name in ("alice", "bob"):
        invoke("keys", "new", name)
    (folder / "broken.key.json").write_bytes(b"{")
    (folder / "foreign.key.json").write_text('{"kty": "OKP"}', encoding="utf-8")
    (folder / "folder.key.json").mkdir()
    listed = invoke("keys", "list")
    assert "alice" in listed.stdout
    assert "bob" in listed.stdout
    found = document("keys", "list")
    assert [item["name"] for item in found["items"]] == ["alice", "bob"]
    assert len(found["faults"]) == 3
    for name in ("broken", "foreign", "folder"):
        assert any(f"{name}.key.json" in fault for fault in found["faults"])
        assert f"{name}.key.json" in listed.stderr
    neuron = found["items"][0]["neuron"]
    assert neuron in invoke("keys", "show", neuron).stdout
    assert Keystore(folder).name_of(bytes.fromhex(neuron)) == "alice"
    unknown = invoke("keys", "show", "carol", code=ExitCode.INPUT).stderr
    assert "broken.key.json" in unknown


def test_a_folder_of_stray_files_alone_is_not_called_empty(invoke: Invoke, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broken.key.json").write_bytes(b"{")
    listed = invoke("keys", "list")
    assert "broken.key.json" in listed.stderr
    assert "no keys" not in listed.stderr
