"""Saving: whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from focusmesh import Graph
from focusmesh.errors import FileError
from tests.engine.links.test_container import NAMES, assert_equal, small, written


def fail(*_: Any, error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("where", "error", "expected"),
    [
        ("os.fsync", OSError(errno.ENOSPC, "No space left on device"), FileError),
        ("os.fsync", KeyboardInterrupt(), KeyboardInterrupt),
        ("focusmesh.engine.links.file.container._write", KeyboardInterrupt(), KeyboardInterrupt),
        ("pathlib.Path.replace", OSError(errno.EROFS, "Read-only file system"), FileError),
        ("tempfile.mkstemp", PermissionError(errno.EACCES, "Permission denied"), FileError),
    ],
)
def test_a_save_that_fails_leaves_the_old_file(
    where: str,
    error: BaseException,
    expected: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, content = written(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(where, lambda *_args, **_options: fail(error=error))
        with pytest.raises(expected):
            small(NAMES["range"]).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.focusmesh"]
    assert path.read_bytes() == content


def test_a_full_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing to /dev/full fails as a full disk does."""
    path, content = written(tmp_path)

    def full(handle: int, mode: str) -> Any:
        os.close(handle)
        return Path("/dev/full").open(mode, buffering=0)

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(FileError, match="No space left"):
        small().save(path)
    assert path.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1


def test_saving_nowhere(tmp_path: Path) -> None:
    for place in (tmp_path / "no" / "folder.focusmesh", tmp_path):
        with pytest.raises(FileError, match="cannot write"):
            small().save(place)


def test_saving_over_the_open_file(tmp_path: Path) -> None:
    path, _ = written(tmp_path)
    graph = Graph.open(path)
    graph.save(path)
    assert_equal(graph, Graph.open(path, verify=True))
