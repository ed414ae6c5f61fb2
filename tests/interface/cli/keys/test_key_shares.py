"""A key becomes sheets and the sheets a key; what does not belong is refused, and no file is lost to another."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import FileError
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.private_files import write_private
from focusmesh.interface.cli.keys import key_shares
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.interface.cli.conftest import written
from tests.interface.cli.keys.test_keys import typed
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.usefixtures("cheap_seals")
ANOTHER = "another long phrase"


@pytest.fixture
def sheets(tmp_path: Path, alice: SigningKey, document: Document) -> list[str]:
    """Three sheets of alice's key, of which two are enough."""
    told = document("keys", "share", "alice", "-t", "2", "-n", "3", "-o", tmp_path / "sheets")
    assert (told["threshold"], told["neuron"]) == (2, alice.public.hex())
    return [each["path"] for each in told["items"]]


@pytest.fixture
def other(tmp_path: Path, sheets: list[str], monkeypatch: pytest.MonkeyPatch) -> Keystore:
    """The keystore of another machine, from when the sheets are made on."""
    assert sheets
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "other"))
    return Keystore(tmp_path / "other")


def test_sheets_are_their_owners_alone(tmp_path: Path, sheets: list[str]) -> None:
    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == [f"alice.share-{number}-of-3.txt" for number in (1, 2, 3)]
    assert stat.S_IMODE((tmp_path / "sheets").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(Path(path).stat().st_mode) == 0o600 for path in sheets)


def test_two_sheets_restore_the_key_elsewhere(
    sheets: list[str], other: Keystore, alice: SigningKey, document: Document
) -> None:
    made = document("keys", "recover", sheets[2], sheets[0])
    assert (made["name"], made["neuron"]) == ("alice", alice.public.hex())
    assert other.unlock("alice", PASSPHRASE).seed == alice.seed


def test_what_is_printed_restores_it_too(
    tmp_path: Path,
    alice: SigningKey,
    invoke: Invoke,
    document: Document,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = invoke("keys", "share", "alice", "--threshold", "2", "--shares", "2").stdout
    words = [each["words"] for each in document("keys", "share", "alice", "-t2", "-n2")["items"]]
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "other"))
    invoke("keys", "recover", "-", "--name", "first", stdin=printed)
    text = "\n".join(" ".join(each) for each in words)
    invoke("keys", "recover", "-", "--name", "first", "--force", stdin=text)
    assert Keystore(tmp_path / "other").unlock("first", PASSPHRASE).public == alice.public


def test_words_alone_need_a_name_and_may_be_held_against_a_key(
    tmp_path: Path,
    sheets: list[str],
    other: Keystore,
    bob: SigningKey,
    alice: SigningKey,
    invoke: Invoke,
) -> None:
    rows = [row for path in sheets[:2] for row in rows_of(path)]
    words = written(tmp_path / "words", "\n".join(rows))
    assert "--name" in invoke("keys", "recover", words, code=ExitCode.USAGE).stderr
    asked = ("keys", "recover", str(words), "--name", "mine", "--neuron")
    refused = invoke(*asked, bob.public.hex(), code=ExitCode.INPUT)
    assert f"restore {alice.public.hex()}, not {bob.public.hex()}" in refused.stderr
    invoke(*asked, alice.public.hex())
    assert other.find("mine").neuron == alice.public


def test_sheets_that_do_not_belong_are_refused(
    tmp_path: Path, sheets: list[str], other: Keystore, invoke: Invoke, document: Document
) -> None:
    document("keys", "new", "carol")
    more = document("keys", "share", "carol", "-t", "2", "-n", "2", "-o", tmp_path / "carol")
    foreign = more["items"][0]["path"]
    cases: tuple[tuple[tuple[str | Path, ...], str], ...] = (
        ((sheets[0],), "1 more of the same set"),
        ((sheets[0], sheets[0]), "are the same share, number 1"),
        ((sheets[0], foreign), "different sets"),
        ((sheets[0], sheets[1], foreign), "carol.share-1-of-2.txt"),
        ((tmp_path / "keys" / "alice.key.json",), "alice.key.json"),
    )
    for words, reason in cases:
        assert reason in invoke("keys", "recover", *words, code=ExitCode.INPUT).stderr
    (kept,) = other.keys()
    assert kept.name == "carol"


def test_a_forgotten_passphrase_is_replaced_and_no_other_key(
    tmp_path: Path, sheets: list[str], bob: SigningKey, alice: SigningKey, invoke: Invoke
) -> None:
    store = Keystore(tmp_path / "keys")
    fresh = written(tmp_path / "phrase", ANOTHER)
    asked: list[str | Path] = ["keys", "recover", *sheets[:2], "--new-passphrase-file", fresh]
    assert "is here, as 'alice'" in invoke(*asked, code=ExitCode.INPUT).stderr
    assert "'alice'" in invoke(*asked, "--name", "bob", "--force", code=ExitCode.INPUT).stderr
    assert store.unlock("alice", PASSPHRASE).public == alice.public
    invoke(*asked, "--force")
    assert store.unlock("alice", ANOTHER).public == alice.public
    (tmp_path / "keys" / "alice.key.json").unlink()
    taken = invoke(*asked, "--name", "bob", "--force", code=ExitCode.FILE)
    assert "already" in taken.stderr
    assert store.unlock("bob", PASSPHRASE).public == bob.public


def test_sheets_are_not_written_over(tmp_path: Path, sheets: list[str], invoke: Invoke) -> None:
    again = ("keys", "share", "alice", "-t", "2", "-n", "3", "-o", str(tmp_path / "sheets"))
    assert "--force" in invoke(*again, code=ExitCode.FILE).stderr
    invoke(*again, "--force")
    file = written(tmp_path / "file", "")
    invoke("keys", "share", "alice", "-t", "2", "-n", "3", "-o", file, code=ExitCode.FILE)
    few = invoke("keys", "share", "alice", "-t", "1", "-n", "3", code=ExitCode.USAGE)
    assert "2 ≤ threshold" in few.stderr
    assert len(sheets) == 3


def test_all_sheets_are_written_or_none(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, alice: SigningKey
) -> None:
    folder = tmp_path / "some"
    assert alice.public

    def failing(path: Path, data: bytes, *, replace: bool) -> None:
        if "3-of-3" in path.name:
            raise FileError(f"cannot write {path}: No space left on device")
        write_private(path, data, replace=replace)

    monkeypatch.setattr(key_shares, "write_private", failing)
    invoke("keys", "share", "alice", "-t", "2", "-n", "3", "-o", folder, code=ExitCode.FILE)
    assert list(folder.iterdir()) == []


def test_without_a_terminal_no_words_are_asked_for(invoke: Invoke) -> None:
    assert "there is no terminal" in invoke("keys", "recover", code=ExitCode.USAGE).stderr


def test_words_are_typed_row_by_row_and_again_where_they_are_wrong(
    tmp_path: Path, sheets: list[str], other: Keystore, alice: SigningKey
) -> None:
    one, two = (rows_of(path) for path in sheets[:2])
    halves = [" ".join(one[:6]), " ".join(one[6:])]
    wrong = " ".join(["academic academic academic", *two[1:]])
    lines = [*halves, wrong, *halves, " ".join(two)]
    environment = dict(os.environ, FOCUSMESH_KEYS=str(tmp_path / "other"))
    shown, ended = typed(["keys", "recover", "--name", "alice"], lines, environment)
    assert ended == 0, shown
    assert "Share 1, from word 19 on" in shown
    assert "typed as number 2: " in shown
    assert "are the same share" in shown
    assert other.unlock("alice", PASSPHRASE).public == alice.public


def rows_of(path: str) -> list[str]:
    """The rows of words of a sheet, numbers and all."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line[:4].strip().isdecimal()]
