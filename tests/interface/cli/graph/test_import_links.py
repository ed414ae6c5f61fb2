"""``focusmesh import``: whole files, nothing overwritten unasked, bad lines accounted for."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

from focusmesh import Graph
from tests.interface.cli.conftest import EDGES, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

KEYS = [
    "input",
    "output",
    "format",
    "particles",
    "links",
    "lines",
    "understood",
    "warnings",
    "bad",
    "bad_lines",
    "bytes",
    "seconds",
]


def test_json_accounts_for_every_line(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = written(tmp_path / "g.csv", EDGES + "a,b,inf\n")
    found = document("import", path, "-o", tmp_path / "g.focusmesh")
    assert list(found) == KEYS
    assert (found["particles"], found["links"], found["lines"], found["bad"]) == (4, 4, 6, 1)
    (bad,) = found["bad_lines"]
    assert bad["line"] == 6
    assert bad["file"].endswith("g.csv")
    assert found["bytes"] == (tmp_path / "g.focusmesh").stat().st_size
    assert Graph.open(tmp_path / "g.focusmesh").link_count == 4


def test_a_file_is_overwritten_only_by_force(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    taken = written(tmp_path / "g.focusmesh", "precious")
    assert "--force" in invoke("import", edges, "-o", taken, code=4).stderr
    assert taken.read_text(encoding="utf-8") == "precious"
    invoke("import", edges, "-o", taken, "--force")
    assert Graph.open(taken).particle_count == 4


def test_a_failed_import_leaves_nothing(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "g.csv", EDGES + "a,b,inf\n")
    invoke("import", path, "-o", tmp_path / "g.focusmesh", "--strict", code=3)
    assert [found.name for found in tmp_path.iterdir()] == ["g.csv"]


def test_others_may_read_what_the_mask_allows(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    beside = written(tmp_path / "usual", "")
    invoke("import", edges, "-o", tmp_path / "g.focusmesh")
    invoke("export", edges, "-o", tmp_path / "g.tsv")
    for name in ("g.focusmesh", "g.tsv"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == stat.S_IMODE(beside.stat().st_mode)
