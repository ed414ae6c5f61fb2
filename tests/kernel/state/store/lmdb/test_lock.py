"""The writer lock: of the folder that has the name, not of one that had it."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import StoreBusyError
from focusmesh.kernel.state.store.lock import WriterLock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("has_file", [True, False])
def test_a_folder_that_is_exchanged_before_its_lock_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_file: bool
) -> None:
    """Whoever had opened the old one's file would write to the new one beside its writer."""
    folder, older = tmp_path / "store", tmp_path / "store.before-upgrade"
    folder.mkdir()
    flock = fcntl.flock

    def exchanged(file: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        folder.rename(older)
        folder.mkdir()
        if has_file:
            (folder / "writer.lock").touch()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", exchanged)
    with pytest.raises(StoreBusyError, match="exchanged"):
        WriterLock(folder / "writer.lock")
    WriterLock(folder / "writer.lock").release()
    WriterLock(older / "writer.lock").release()
