"""Who mistypes a path is told what is near before anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

import focusmesh
from focusmesh.errors import FileError
from focusmesh.host import path_hints as nearby
from focusmesh.host.path_hints import close_paths, entries, hint


def test_names_that_are_alike_are_near_and_others_not(tmp_path: Path) -> None:
    for name in ("library", "librarian", "photos"):
        (tmp_path / name).mkdir()
    near = close_paths(tmp_path / "librry")
    assert near[0] == tmp_path / "library"
    assert tmp_path / "photos" not in near
    assert tmp_path / "library" not in close_paths(tmp_path / "library")
    assert hint(near, Path.is_dir).startswith(f"; near: {tmp_path / 'library'}")
    assert hint(near, Path.is_file) == ""
    assert close_paths(tmp_path / "none" / "at" / "all") == []


def test_a_very_large_folder_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library").mkdir()
    monkeypatch.setattr(nearby, "_ENTRIES_MAX", 0)
    assert entries(tmp_path) == []
    assert close_paths(tmp_path / "librry") == []


def test_what_cannot_be_looked_at_is_not_named(tmp_path: Path) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError

    assert hint([tmp_path], refuse) == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("leger", "leger: there is no such folder; near: {}/ledger; `focusmesh node init "),
        ("ledger/store", "ledger/store: there is no ledger here; near: {}/ledger; `focusmesh"),
        (".", ": there is no ledger here; near: {}/ledger; `focusmesh node init"),
        ("ledger.csv", "ledger.csv: is a file, a ledger is a folder; near: {}/ledger"),
        ("new", "new: there is no such folder; `focusmesh node init {}/new` makes a new ledger"),
    ],
)
def test_ledgers_near_a_mistyped_path_are_named(ledger: Path, typed: str, said: str) -> None:
    folder = ledger.parent
    (folder / "ledger.csv").touch()
    with pytest.raises(FileError) as raised:
        focusmesh.open(folder / typed)
    assert said.format(folder) in str(raised.value)


def test_looking_near_changes_no_other_ledger(ledger: Path) -> None:
    beside = ledger / "store.upgrading"
    (ledger / "store").rename(beside)
    with pytest.raises(FileError, match="there is no such folder; `focusmesh"):
        focusmesh.open(ledger.with_name("leger"))
    assert beside.exists()
