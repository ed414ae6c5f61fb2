"""Files with secrets: whole, their owner's alone, and in nobody's place."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FileError
from focusmesh.host.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["links", "no links"])
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place on a file system with hard links, or without, as those of memory sticks are."""

    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refused)
    return tmp_path / "alice.key.json"


def test_a_file_is_its_owners_alone(file: Path) -> None:
    write_private(file, b"sealed")
    assert file.read_bytes() == b"sealed"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_what_is_there_stays_unless_it_is_to_be_replaced(file: Path) -> None:
    write_private(file, b"sealed")
    with pytest.raises(FileError, match="File exists"):
        write_private(file, b"another")
    assert file.read_bytes() == b"sealed"
    write_private(file, b"another", replace=True)
    assert file.read_bytes() == b"another"
    assert list(file.parent.iterdir()) == [file]
