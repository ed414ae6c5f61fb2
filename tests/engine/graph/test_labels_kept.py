"""pandas, NetworkX and RDF quads keep relations and authors, the first two times as well: one test body for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

Row = tuple[str, str, str, str, int]
ROWS: list[Row] = [
    ("x:a", "x:b", "x:likes", "x:ada", 5),
    ("x:a", "x:b", "x:likes", "x:bob", 7),
    ("x:a", "x:b", "x:cites", "x:ada", 5),
    ("x:b", "x:c", "x:likes", "", -2),
    ("x:c", "x:c", "x:cites", "x:bob", 0),
]


def from_pandas(needs: Needs, folder: Path) -> Graph:
    columns = ["source", "target", "relation", "author", "time"]
    frame = needs("pandas").DataFrame(ROWS, columns=columns)
    return Graph.from_table(frame)


def from_networkx(needs: Needs, folder: Path) -> Graph:
    edges = needs("networkx").MultiDiGraph()
    for source, target, relation, author, time in ROWS:
        data = {"relation": relation, "time": time} | ({"author": author} if author else {})
        edges.add_edge(source, target, **data)
    return Graph.from_networkx(edges)


def from_quads(needs: Needs, folder: Path) -> Graph:
    path = folder / "rows.nq"
    lines = (
        f"<{source}> <{relation}> <{target}> {f'<{author}> ' if author else ''}.\n"
        for source, target, relation, author, _ in ROWS
    )
    path.write_text("".join(lines), encoding="utf-8")
    return Graph.read(path, strict=True)


def rows_of(graph: Graph) -> list[tuple[Any, ...]]:
    """Links with their labels and weights, sorted."""
    links = graph.links()
    assert links.relations is not None
    assert links.relation is not None
    assert links.authors is not None
    assert links.author is not None
    times = [None] * len(links) if links.time is None else links.time.tolist()
    weights = [1.0] * len(links) if links.weight is None else links.weight.tolist()
    return sorted(
        (
            links.particles[int(links.source[row])],
            links.particles[int(links.target[row])],
            links.relations[int(links.relation[row])],
            links.authors[int(links.author[row])],
            times[row],
            weights[row],
        )
        for row in range(len(links))
    )


READERS = [(from_pandas, True), (from_networkx, True), (from_quads, False)]


@pytest.mark.parametrize(("read", "timed"), READERS)
def test_labels_come_in_and_go_out_again(
    needs: Needs, tmp_path: Path, read: Callable[[Needs, Path], Graph], timed: bool
) -> None:
    expected = sorted((*row[:4], row[4] if timed else None, 1.0) for row in ROWS)
    graph = read(needs, tmp_path)
    assert rows_of(graph) == expected
    assert graph.weight("x:a", "x:b") == 3.0
    assert rows_of(Graph.from_table(graph.to_table())) == expected
    assert rows_of(Graph.from_networkx(graph.to_networkx())) == expected
    graph.save(tmp_path / "kept.focusmesh")
    assert rows_of(Graph.open(tmp_path / "kept.focusmesh")) == expected
    pandas = needs("pandas")
    assert rows_of(Graph.from_table(pandas.DataFrame.from_arrow(graph.to_table()))) == expected
