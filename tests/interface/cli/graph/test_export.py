"""``focusmesh export``: what is written can be read back, by us and by others."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from tests.interface.cli.conftest import FOCUS, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke

LABELLED = (
    "source,target,weight,relation,author,time\n"
    '"a, ""b""",ж,2.5,cites,ann,7\n'
    "ж,c,1,extends,bob,-8\n"
)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "arrow"])
def test_links_come_back(invoke: Invoke, needs: Needs, tmp_path: Path, suffix: str) -> None:
    if suffix in {"parquet", "arrow"}:
        needs("arro3.io")
    first = written(tmp_path / "g.csv", LABELLED)
    second = tmp_path / f"out.{suffix}"
    invoke("export", first, "-o", second)
    before, after = Graph.read(first).links(), Graph.read(second).links()
    assert list(after.particles) == list(before.particles)
    for name in ("source", "target", "weight", "relation", "author", "time"):
        assert list(getattr(after, name)) == list(getattr(before, name)), name
    assert list(after.relations or ()) == ["cites", "extends"]


def test_scores_come_ranked(
    invoke: Invoke, document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    path = tmp_path / "scores.csv"
    found = document("export", edges, "-o", path, "--scores")
    assert found["columns"] == ["rank", "particle", "score"]
    assert (found["rows"], found["particles"], found["links"]) == (4, 4, 4)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["particle"] for row in rows] == list(FOCUS)
    for row in rows:
        assert float(row["score"]) == pytest.approx(FOCUS[row["particle"]], abs=1e-6)
    lines = tmp_path / "scores.jsonl"
    invoke("export", edges, "-o", lines, "--scores", "--pagerank")
    assert [json.loads(line)["rank"] for line in lines.read_text("utf-8").splitlines()] == [
        1,
        2,
        3,
        4,
    ]


def test_scores_go_to_arrow(invoke: Invoke, needs: Needs, edges: Path, tmp_path: Path) -> None:
    parquet = needs("pyarrow.parquet")
    needs("arro3.io")
    invoke("export", edges, "-o", tmp_path / "scores.parquet", "--scores")
    table = parquet.read_table(tmp_path / "scores.parquet").to_pydict()
    assert table["rank"] == [1, 2, 3, 4]
    found = dict(zip(table["particle"], table["score"], strict=True))
    assert found == pytest.approx(FOCUS, abs=1e-6)


def test_a_weight_is_always_told(invoke: Invoke, tmp_path: Path) -> None:
    invoke("export", written(tmp_path / "g.txt", "1 2\n2 3\n"), "-o", tmp_path / "g.tsv")
    assert (tmp_path / "g.tsv").read_text(
        "utf-8"
    ) == "source\ttarget\tweight\n1\t2\t1.0\n2\t3\t1.0\n"


def test_a_format_goes_by_suffix(invoke: Invoke, edges: Path) -> None:
    assert "no suffix" in invoke("export", edges, "-o", "/dev/null", code=3).stderr


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "arrow"])
def test_texts_come_back(
    invoke: Invoke,
    document: Callable[..., dict[str, Any]],
    needs: Needs,
    edges: Path,
    tmp_path: Path,
    suffix: str,
) -> None:
    if suffix in {"parquet", "arrow"}:
        needs("arro3.io")
    written(tmp_path / "texts.csv", 'particle,text\na,"one, ""two""\nthree"\nc,ж\n')
    saved, path = tmp_path / "g.focusmesh", tmp_path / f"texts.{suffix}"
    invoke("import", edges, "--texts", tmp_path / "texts.csv", "-o", saved)
    found = document("export", saved, "-o", path, "--only-texts", "--force")
    assert (found["rows"], found["columns"]) == (2, ["particle", "text"])
    graph = Graph.read(edges)
    graph.read_texts(path)
    assert (graph.text("a"), graph.text("c")) == ('one, "two"\nthree', "ж")
    failed = invoke("export", saved, "-o", path, "--only-texts", "--scores", "-f", code=2)
    assert "say one of them" in failed.stderr
    failed = invoke("import", edges, "--texts", path, "--ledger", tmp_path, code=2)
    assert "no texts beside" in failed.stderr
