"""What a folder of texts may do to its reader: links out of it, loops, empty and odd files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.graph import Graph
from focusmesh.errors import BadLineError
from tests.engine.importers.test_notes import tree

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step

SUFFIXES = {"notes": "md", "documents": "txt", "python": "py"}


@pytest.mark.parametrize("format", SUFFIXES)
def test_symbolic_links_out_of_the_folder_are_named_and_not_followed(
    tmp_path: Path, format: str
) -> None:
    suffix = SUFFIXES[format]
    outside = tree(tmp_path / "outside", {f"secret.{suffix}": "'secret'", f"in/b.{suffix}": ""})
    inside = tree(tmp_path / "inside", {f"a.{suffix}": "'a'", f"deep/c.{suffix}": ""})
    (inside / f"key.{suffix}").symlink_to(outside / f"secret.{suffix}")
    (inside / "out").symlink_to(outside)
    (inside / "up").symlink_to("..")
    (inside / "loop").symlink_to(inside)
    (inside / f"self.{suffix}").symlink_to(f"self.{suffix}")
    (inside / f"gone.{suffix}").symlink_to("nowhere")
    (inside / f"again.{suffix}").symlink_to(f"a.{suffix}")
    graph = Graph.read(inside, format=format)
    ends = {"notes": "", "documents": ".txt", "python": ""}[format]
    deep = "deep.c" if format == "python" else f"c{ends}"
    assert set(graph.particles) == {f"a{ends}", f"again{ends}", deep}
    assert graph.report is not None
    assert [(bad.file, bad.reason) for bad in graph.report.bad] == [
        (str(inside / name), "a symbolic link that leads out of the folder is not followed")
        for name in (f"key.{suffix}", "out", "up")
    ]
    with pytest.raises(BadLineError, match="leads out of the folder"):
        Graph.read(inside, format=format, strict=True)


def test_links_never_lead_to_files_outside_of_the_folder(tmp_path: Path) -> None:
    outside = tree(tmp_path, {"secret.md": "# Secret\nhidden"})
    inside = tree(
        tmp_path / "in", {"a.md": "[x](../secret.md) [[../secret]] [y](/etc/passwd.md#root)"}
    )
    graph = Graph.read(inside, strict=True)
    assert (outside / "secret.md").exists()
    assert "hidden" not in "".join(map(str, graph.texts or ()))


def test_files_of_no_bytes_and_of_odd_names(tmp_path: Path) -> None:
    names = ["empty.md", "a b.md", "ü.md", "#.md", "[x].md", "-.md", "' \".md", "line\nbreak.md"]
    graph = Graph.read(tree(tmp_path, dict.fromkeys(names, "")), strict=True)
    assert list(graph.particles) == sorted(name.removesuffix(".md") for name in names)


class _StopError(Exception):
    pass


@pytest.mark.parametrize("format", SUFFIXES)
def test_progress_is_told_and_stops_an_import(tmp_path: Path, format: str) -> None:
    tree(tmp_path, {f"{name}.{SUFFIXES[format]}": "" for name in "abc"})
    steps: list[Step] = []
    Graph.read(tmp_path, format=format, progress=steps.append)
    files = [step for step in steps if step.unit == "files"]
    assert (files[-1].done, files[-1].total) == (3, 3)

    def stop(step: Step) -> None:
        raise _StopError

    with pytest.raises(_StopError):
        Graph.read(tmp_path, format=format, progress=stop)
