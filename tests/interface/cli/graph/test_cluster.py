"""``focusmesh cluster`` and ``focusmesh plan``: parts from tables, damaged parts named, plans that add up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.cluster import open_part
from focusmesh.engine.graph import Graph
from tests.interface.cli.test_reference import shape, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def table(needs: Needs, tmp_path: Path) -> Path:
    pyarrow, parquet = needs("pyarrow"), needs("pyarrow.parquet")
    columns = {"from": ["a", "b", "c", "d", None], "to": ["b", "c", "a", "a", "a"]}
    weights = {"amount": [100, 50, 200, 300, 1]}
    parquet.write_table(pyarrow.table(columns | weights), tmp_path / "links.parquet")
    return tmp_path / "links.parquet"


def test_tables_become_parts(
    invoke: Invoke,
    document: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    table: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("cluster", "partition", table.name, "--cluster", "here", "--anywhere")
    done = invoke(*words, "-o", "parts")
    assert "1 bad line left out of 5:" in done.stderr
    assert "links.parquet:5: the source is null" in done.stderr
    assert len(done.stdout.splitlines()) == 3
    found = [name for rank in range(2) for name in open_part("parts", rank).names]
    assert sorted(map(str, found)) == ["a", "b", "c", "d"]
    told = document(*words, "-o", "again")
    assert shape(told) == shape(shown("cluster partition"))
    assert (told["rows"], told["bad_rows"], told["links"]) == (5, 1, 4)
    verified = document("cluster", "verify", "parts")
    assert verified["digest"] == told["digest"]
    assert verified["faults"] == []
    assert invoke("cluster", "verify", "parts").stderr.endswith("all as they were written\n")


def test_a_damaged_part_is_named(invoke: Invoke, tmp_path: Path) -> None:
    Graph.from_edges([0, 1, 2], [1, 2, 0]).save(tmp_path / "g.focusmesh")
    words = ("cluster", "partition", tmp_path / "g.focusmesh", "-o", tmp_path / "parts")
    assert "2 pieces of work" in invoke(*words).stderr
    (tmp_path / "parts" / "part-00001.focusmesh").write_bytes(b"x")
    failed = invoke("cluster", "verify", tmp_path / "parts", code=4)
    assert "part-00001.focusmesh has 1 bytes" in failed.stderr
    assert failed.stdout == ""
    invoke(*words)
    invoke("cluster", "verify", tmp_path / "parts")


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (
            ("cluster", "partition", "none.parquet", "-o", "p", "--cluster", "here"),
            4,
            "no Parquet file",
        ),
        (("cluster", "partition", "x", "-o", "p", "--storage", "key"), 2, "--storage NAME=VALUE"),
        (("cluster", "verify", "none"), 4, "cannot open none/manifest.json"),
        (("plan",), 2, "either a folder of parts or --links"),
        (("plan", "DIR", "--links", "9"), 2, "either a folder of parts or --links"),
        (("plan", "--links", "9", "--weight-bytes", "5"), 2, "--weight-bytes is 0, 4 or 8"),
        (("plan", "--links", "9", "--card", "abacus"), 2, "no card 'abacus' was measured"),
        (("plan", "--links", "9", "--network", "0"), 2, "a rate must be positive, network"),
        (("plan", "--links", "1e12", "--particles", "1e10"), 3, "holds at most 4,294,967,294"),
        (("plan", "--links", "1e12", "--memory", "0.01"), 3, "is too small for"),
    ],
)
def test_what_is_refused(
    invoke: Invoke,
    needs: Needs,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    reason: str,
) -> None:
    needs("fsspec")
    monkeypatch.chdir(tmp_path)
    assert reason in invoke(*words, code=code).stderr


def test_a_plan(
    invoke: Invoke, document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    made = document("plan", "--links", "1e6")
    assert shape(made) == shape(shown("plan"))
    graph = tmp_path / "g.focusmesh"
    document("import", edges, "-o", graph)
    invoke("cluster", "partition", graph, "-o", tmp_path / "parts", "--anywhere")
    there = document("plan", tmp_path / "parts")["plan"]
    assert (there["links"], there["parts"], there["measured_cut"]) == (4, 2, True)
    files = json.loads((tmp_path / "parts" / "manifest.json").read_text())["parts"]
    assert there["foreign"] == sum(file["foreign"] for file in files)
    lines = invoke("plan", "--links", "1e6", "--parts", "4", "--pagerank").stdout.splitlines()
    assert lines[3].split() == ["parts,", "one", "a", "worker", "4"]
    assert "82 ·" in lines[11]
