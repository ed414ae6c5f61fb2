"""``focusmesh rank --cluster``: tables and parts ranked by workers, what is written, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from focusmesh.host.cluster import read_scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def tables(needs: Needs, tmp_path: Path) -> list[Path]:
    pyarrow, parquet = needs("pyarrow"), needs("pyarrow.parquet")
    needs("fsspec")
    for name, ends in (("one", (["a", "b"], ["b", "c"])), ("two", (["c", "d"], ["a", "a"]))):
        columns = dict(zip(("source", "target"), ends, strict=True))
        parquet.write_table(pyarrow.table(columns), tmp_path / f"{name}.parquet")
    return [tmp_path / "one.parquet", tmp_path / "two.parquet"]


def test_workers_rank_as_one_machine_does(
    document: Callable[..., dict[str, Any]], tables: list[Path], tmp_path: Path
) -> None:
    scores = tmp_path / "scores"
    told = document("rank", *tables, "--cluster", "here", "--scores", scores, "--pagerank")
    graph = Graph.from_edges(["a", "b", "c", "d"], ["b", "c", "a", "a"])
    alone = graph.focus(params=_pagerank())
    found = {item["particle"]: item["score"] for item in told["items"]}
    assert found == pytest.approx({name: alone.score(name) for name in "abcd"}, abs=1e-15)
    assert told["bound"] == pytest.approx(alone.bound)
    assert list(told)[-5:] == ["sweeps", "bytes_per_sweep", "straggler", "workers", "scores"]
    assert list(told["workers"][0]) == ["particles", "seconds", "sent_bytes", "waited"]
    written = {
        name: score
        for names, values in read_scores(str(scores))
        for name, score in zip(names, values.tolist(), strict=True)
    }
    assert written == found


def _pagerank() -> Any:
    from focusmesh import FocusParams

    return FocusParams.pagerank()


def test_parts_are_kept_and_opened_again(
    invoke: Invoke, tables: list[Path], tmp_path: Path
) -> None:
    parts, kept = tmp_path / "parts", tmp_path / "kept"
    words = ("rank", "--cluster", "here", "--top", "1")
    first = invoke(*words, *tables, "--parts", parts, "--keep", kept)
    assert first.stdout.splitlines()[1].split()[-1] == "a"
    assert "by 2 workers" in first.stderr
    again = invoke(*words, *tables, "--parts", parts)
    assert "parts that are there" in again.stderr
    alone = invoke(*words, parts, "--workers", "1")
    assert "by 1 worker" in alone.stderr
    assert first.stdout == again.stdout == alone.stdout


def test_parts_of_other_tables_are_refused(
    invoke: Invoke, tables: list[Path], tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    words = ("rank", "--cluster", "here", "--parts", parts)
    first = invoke(*words, *tables)
    for others in (tables[:1], tables[::-1], [tmp_path / "one.parquet"] * 2):
        refused = invoke(*words, *others, code=3)
        assert "are not those of" in refused.stderr
        assert "focusmesh cluster partition" in refused.stderr
    one = tables[0].read_bytes()
    tables[0].write_bytes(tables[1].read_bytes())
    assert "as they are now" in invoke(*words, *tables, code=3).stderr
    tables[0].write_bytes(one)
    (parts / "source.json").unlink()
    again = invoke(*words, *tables)
    assert "nobody knows of what" in again.stderr
    assert again.stdout == first.stdout


def test_parts_of_a_graph_file_are_known_by_it(
    invoke: Invoke, tables: list[Path], tmp_path: Path
) -> None:
    graph, parts = tmp_path / "g.focusmesh", tmp_path / "parts"
    Graph.from_edges(["a", "b"], ["b", "c"]).save(graph)
    words = ("rank", "--cluster", "here", "--parts", parts)
    invoke(*words, graph)
    assert "parts that are there\n" in invoke(*words, graph).stderr
    assert "are not those of" in invoke(*words, *tables, code=3).stderr
    Graph.from_edges(["a", "b", "d"], ["b", "c", "a"]).save(graph)
    assert "are not those of" in invoke(*words, graph, code=3).stderr
    invoke("cluster", "partition", graph, "-o", parts)
    assert "parts that are there\n" in invoke(*words, graph).stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--workers", "2"), 2, "--workers belongs to --cluster"),
        (("--scores", "out"), 2, "--scores belongs to --cluster"),
        ((), 2, "one GRAPH at a time"),
        (("--cluster", "here", "--estimate"), 2, "focusmesh plan"),
        (("--cluster", "here", "--backend", "cuda"), 2, "--backend does not go"),
        (("--cluster", "here", "--format", "csv"), 2, "--format does not go"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    invoke: Invoke, tables: list[Path], words: tuple[str, ...], code: int, message: str
) -> None:
    failed = invoke("rank", *tables, *words, code=code)
    assert message in failed.stderr
    assert failed.stdout == ""
