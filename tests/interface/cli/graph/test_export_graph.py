"""``focusmesh export`` of a whole graph: nodes with focus and rank, for tools that draw networks."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest

from focusmesh import Graph
from tests.interface.cli.conftest import FOCUS, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

READERS: dict[str, Callable[..., Any]] = {
    "graphml": nx.read_graphml,
    "gexf": nx.read_gexf,
    "net": nx.read_pajek,
}
LABELLED = "source,target,weight,relation,author,time\na,b,2.5,cites,ann,7\na,b,1,extends,bob,-8\n"


@pytest.mark.parametrize("suffix", READERS)
def test_the_whole_graph_has_its_focus(
    document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"g.{suffix}"
    found = document("export", edges, "-o", path)
    assert (found["particles"], found["links"]) == (4, 4)
    assert found["nodes"] == ["id", "label", "focus", "rank"]
    assert found["edges"] == ["source", "target", "weight"]
    assert found["residual"] <= found["bound"] <= 1e-6
    assert found["seconds"] >= 0
    nodes = READERS[suffix](path).nodes
    assert {name: float(nodes[name]["focus"]) for name in nodes} == pytest.approx(FOCUS, abs=1e-6)
    assert sorted(nodes, key=lambda name: int(nodes[name]["rank"])) == list(FOCUS)


def test_options_of_ranking_count(
    document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    document("export", edges, "-o", tmp_path / "a.gexf", "--pagerank", "--tolerance", "1e-9")
    expected = Graph.read(edges).focus("pagerank", 1e-9)
    nodes = nx.read_gexf(tmp_path / "a.gexf").nodes
    assert nodes["a"]["focus"] == pytest.approx(expected["a"], abs=1e-9)


def test_labels_of_links(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path = written(tmp_path / "g.csv", LABELLED)
    found = document("export", path, "-o", tmp_path / "g.json")
    assert found["edges"] == ["source", "target", "weight", "relation", "author", "time"]
    after = Graph.read(tmp_path / "g.json")
    assert after.between("a", "b") == Graph.read(path).between("a", "b")


@pytest.mark.parametrize("option", ["--scores", "--only-texts"])
def test_options_of_tables(invoke: Invoke, edges: Path, tmp_path: Path, option: str) -> None:
    failed = invoke("export", edges, "-o", tmp_path / "g.gexf", option, code=2)
    assert f"leave {option} out, or name a .csv" in " ".join(failed.stderr.split())
    assert not (tmp_path / "g.gexf").exists()


def test_an_old_file_stays(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "g.graphml", "old")
    assert "--force" in invoke("export", edges, "-o", path, code=4).stderr
    bad = written(tmp_path / "bad.csv", "source,target\na,b\x01\n")
    assert "U+0001" in invoke("export", bad, "-o", path, "--force", code=3).stderr
    assert path.read_text("utf-8") == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "bad.csv",
        "edges.csv",
        "g.graphml",
    ]
    invoke("export", edges, "-o", path, "--force")
    assert len(nx.read_graphml(path)) == 4


def test_people_are_told(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    written(tmp_path / "texts.csv", "particle,text\na,ant\n")
    saved = tmp_path / "g.focusmesh"
    invoke("import", edges, "--texts", tmp_path / "texts.csv", "-o", saved)
    told = invoke("export", saved, "-o", tmp_path / "g.net").stderr
    assert "4 nodes with id, label, focus, rank; 4 edges with source, target, weight" in told
    assert "Pajek has no place for texts" in told
    assert "id, label, text, focus" in invoke("export", saved, "-o", tmp_path / "g.gexf").stderr


def test_a_pipe_is_written_to(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe.json", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    invoke("export", edges, "-o", pipe)
    reader.join()
    assert got[0].startswith(b'{"directed": true')
    assert pipe.is_fifo()


def test_known_suffixes_are_listed(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    failed = invoke("export", edges, "-o", tmp_path / "g.xlsx", code=3)
    known = ".csv, .tsv, .jsonl, .parquet, .arrow, .graphml, .gexf, .net, .json"
    assert known in " ".join(failed.stderr.split())
