"""``focusmesh plot``: files of the right kind, the same bytes each time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke

HEADS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", list(HEADS))
@pytest.mark.parametrize("kind", ["graph", "bars", "curve"])
def test_pictures_are_what_their_suffix_says(
    invoke: Invoke, needs: Needs, edges: Path, tmp_path: Path, suffix: str, kind: str
) -> None:
    needs("matplotlib")
    path = tmp_path / f"picture.{suffix}"
    done = invoke("plot", edges, "-o", path, "--kind", kind, "--title", "T3 costs $5")
    assert path.read_bytes().startswith(HEADS[suffix])
    assert done.stdout == ""
    assert str(path) in done.stderr
    before = path.read_bytes()
    invoke("plot", edges, "-o", path, "--kind", kind, "--title", "T3 costs $5", "--force")
    assert path.read_bytes() == before


def test_json_lists_what_was_drawn(
    document: Callable[..., dict[str, Any]], needs: Needs, edges: Path, tmp_path: Path
) -> None:
    needs("matplotlib")
    path = tmp_path / "ego.svg"
    found = document("plot", edges, "-o", path, "--from", "d", "--top", "2")
    assert found["output"] == str(path)
    assert len(found["items"]) == 2
    # Two discs, their two labels and one arrow at most.
    assert 4 <= path.read_text("utf-8").count("<path ") < 40


def test_a_missing_extra_names_itself(
    invoke: Invoke, edges: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = invoke("plot", edges, "-o", tmp_path / "p.png", code=5)
    assert "focusmesh[plot]" in done.stderr
