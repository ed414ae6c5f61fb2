"""``focusmesh build``: a folder becomes a graph, again when files change, and nothing is written by halves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Two notes, of which one names the other."""
    folder = tmp_path / "notes"
    folder.mkdir()
    written(folder / "oven.md", "# Stone oven\nHot.\n")
    written(folder / "bread.txt", "It goes into the Stone oven at noon.\n")
    return folder


def test_a_folder_becomes_a_graph_and_the_next_build_reads_what_changed(
    document: Callable[..., dict[str, Any]], notes: Path, tmp_path: Path
) -> None:
    path = tmp_path / "g.focusmesh"
    found = document("build", notes, "-o", path)
    assert (found["particles"], found["links"], found["bad"]) == (3, 2, 0)
    assert Graph.open(path).weight("bread.txt", "oven") == 1
    written(notes / "more.txt", "A Stone oven again.\n")
    again = document("build", notes, "-o", path)
    assert "2 of them unchanged" in again["understood"]
    assert Graph.open(path).root == Graph.from_documents(notes).root
    anew = document("build", notes, "-o", path, "--anew")
    assert not any("unchanged" in note for note in anew["understood"])


def test_a_file_that_was_not_built_is_overwritten_only_by_force(
    invoke: Invoke, notes: Path, tmp_path: Path
) -> None:
    taken = written(tmp_path / "g.focusmesh", "precious")
    assert "--force" in invoke("build", notes, "-o", taken, code=4).stderr
    assert taken.read_text(encoding="utf-8") == "precious"
    invoke("build", notes, "-o", taken, "--force")
    assert Graph.open(taken).particle_count == 3


def test_a_preview_shows_the_words_and_writes_nothing(
    document: Callable[..., dict[str, Any]], invoke: Invoke, notes: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    [mention] = document("build", notes, "--preview", "5")["mentions"]
    assert (mention["passage"], mention["mentions"]) == ("bread.txt", "oven")
    assert mention["words"] == "Stone oven"
    assert "into the Stone oven at noon" in invoke("build", notes, "--preview", "5").stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_what_was_bad_is_told_and_strict_stops(invoke: Invoke, notes: Path, tmp_path: Path) -> None:
    (notes / "picture.txt").write_bytes(b"\0\1\2")
    told = invoke("build", notes, "-o", tmp_path / "g.focusmesh").stderr
    assert "1 file could not be read" in told
    assert "binary" in told
    (tmp_path / "g.focusmesh").unlink()
    invoke("build", notes, "-o", tmp_path / "new.focusmesh", "--strict", code=3)
    assert not (tmp_path / "new.focusmesh").exists()
    assert not (tmp_path / "new.focusmesh.readings").exists()


def test_where_to_has_to_be_said(invoke: Invoke, notes: Path, tmp_path: Path) -> None:
    assert "--output" in invoke("build", notes, code=2).stderr
    invoke("build", notes, "-o", tmp_path / "g.csv", code=3)
    invoke("build", tmp_path / "nowhere", "-o", tmp_path / "g.focusmesh", code=4)
