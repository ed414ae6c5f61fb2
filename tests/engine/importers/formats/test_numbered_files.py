"""METIS and Matrix Market: what SciPy writes is read as it reads it, headers are held to, blocks change nothing."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, InputError
from tests.engine.importers.files import faults_of, links_of, read_text
from tests.engine.importers.samples import METIS, MTX

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.links.columns import LinkColumns


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numbered")


KINDS = [
    (symmetry, field)
    for symmetry in ("general", "symmetric", "skew-symmetric")
    for field in ("real", "integer", "pattern")
    if (symmetry, field) != ("skew-symmetric", "pattern")
]


def matrix_of(columns: LinkColumns) -> Any:
    """The links as a dense matrix, equal pairs added up."""
    size = len(columns.particles)
    weight = np.ones(len(columns)) if columns.weight is None else columns.weight
    shape = (size, size)
    return scipy.sparse.coo_array((weight, (columns.source, columns.target)), shape).toarray()


@pytest.mark.parametrize(("symmetry", "field"), KINDS)
@given(
    size=st.integers(1, 7),
    entries=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 99)), max_size=15
    ),
)
def test_what_scipy_writes(
    place: Path, symmetry: str, field: str, size: int, entries: list[tuple[int, int, int]]
) -> None:
    matrix = np.zeros((size, size))
    for i, j, value in entries:
        matrix[i % size, j % size] = (
            1 if field == "pattern" else value / (8 if field == "real" else 1)
        )
    if symmetry != "general":
        matrix = matrix + matrix.T if symmetry == "symmetric" else matrix - matrix.T
    sparse = scipy.sparse.coo_matrix(matrix if field == "real" else matrix.astype(np.int64))
    path = place / "a.mtx"
    scipy.io.mmwrite(path, sparse, field=field, symmetry=symmetry)
    columns, report = read_links(path)
    wanted = np.maximum(scipy.io.mmread(path, spmatrix=False).toarray(), 0)
    assert np.array_equal(matrix_of(columns), wanted)
    assert list(columns.particles) == list(range(1, size + 1))
    halves = int(np.count_nonzero(wanted)) if symmetry == "skew-symmetric" else 0
    assert [reason for _, reason in faults_of(report)] == [
        f"{halves} entries of the skew-symmetric matrix are negative on their other side"
    ] * (halves > 0)


def test_matrix_market(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.mtx", MTX, strict=True)
    assert links_of(columns) == [(1, 2, 0.5), (4, 1, 2.0), (2, 2, 1.0)]
    assert list(columns.particles) == [1, 2, 3, 4]
    assert report.line_count == 8


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 2 1", "the row '0' is not an integer from 1 to 4"),
        ("5 2 1", "the row '5' is not an integer from 1 to 4"),
        ("1 9 1", "the column '9' is not an integer"),
        ("x 2 1", "the row 'x' is not an integer"),
        ("1 2.0 1", "the column '2.0' is not an integer"),
        ("1 2", "2 fields where 3 are expected"),
        ("1", "1 field where 3 are expected"),
        ("1 2 3 4", "4 fields where 3 are expected"),
        ("1 2 -3", "the weight '-3' is negative"),
        ("1 2 nan", "the weight is NaN"),
        ("1 2 1e999", "is infinite"),
        ("1 2 much", "is not a number"),
    ],
)
def test_bad_entries(
    tmp_path: Path, line: str, reason: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 0 if compiled else 1 << 40
    monkeypatch.setattr("focusmesh.engine.importers.text_rows.text.COMPILED_FROM_LINKS", limit)
    columns, report = read_text(tmp_path, "a.mtx", MTX.replace("4 1 2e0", line))
    assert links_of(columns) == [(1, 2, 0.5), (2, 2, 1.0)]
    assert list(columns.particles) == [1, 2, 3, 4]
    ((number, found),) = faults_of(report)
    assert number == 7
    assert reason in found
    with pytest.raises(BadLineError, match=r"a\.mtx:7: "):
        read_links(tmp_path / "a.mtx", strict=True)


BANNER = "%%MatrixMarket matrix coordinate real general\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no size line"),
        ("1 2 3\n", r":1: a Matrix Market file begins with '%%MatrixMarket"),
        (BANNER, "no size line"),
        (BANNER.replace("coordinate", "array") + "1 1\n1\n", "format 'array' is not read"),
        (BANNER.replace("real", "complex"), "field 'complex' cannot be weights"),
        (BANNER.replace("general", "hermitian"), "'hermitian' cannot be read"),
        (BANNER + "4 4\n", r":2: '4 4' is no size line"),
        (BANNER + "4 -4 1\n", "is no size line"),
        (BANNER + "4 5 1\n1 5 1\n", r":2: the matrix is 4 × 5; links need a square one"),
        (BANNER + "3000000000 3000000000 1\n1 2 3\n", r":2: the header says 3000000000 vertices"),
    ],
)
def test_matrices_that_are_no_links(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(tmp_path, "a.mtx", text)


def test_matrices_that_were_cut(tmp_path: Path) -> None:
    for lines in (5, 6, 7):
        _, report = read_text(tmp_path, "a.mtx", "\n".join(MTX.split("\n")[:lines]))
        assert len(report.bad) == 1
        assert report.bad[0].line == 4
        assert "the size line says 3 entries, the file has" in report.bad[0].reason


def test_metis(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.graph", METIS, strict=True)
    matrix = matrix_of(columns)
    assert np.array_equal(matrix, matrix.T)
    assert links_of(columns)[:3] == [(1, 5, 1.0), (1, 3, 2.0), (1, 2, 1.0)]
    assert len(columns) == 22
    assert report.line_count == 10


@given(
    size=st.integers(1, 8),
    edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 9)), max_size=20),
    sizes=st.booleans(),
    vertex_weights=st.integers(0, 2),
    weighted=st.booleans(),
)
def test_metis_files_of_networkx_graphs(
    place: Path,
    size: int,
    edges: list[tuple[int, int, int]],
    sizes: bool,
    vertex_weights: int,
    weighted: bool,
) -> None:
    graph = nx.empty_graph(size)
    graph.add_weighted_edges_from(
        (a % size, b % size, w if weighted else 1) for a, b, w in edges if a % size != b % size
    )
    kind = f"{int(sizes)}{int(vertex_weights > 0)}{int(weighted)}"
    lines = [f"{size} {graph.number_of_edges()} {kind} {vertex_weights}"]
    for node in graph:
        words = ["7"] * (sizes + vertex_weights)
        for other, data in graph[node].items():
            words += [str(other + 1), str(data["weight"])] if weighted else [str(other + 1)]
        lines.append(" ".join(words))
    path = place / "a.metis"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    columns, _ = read_links(path, strict=True)
    assert np.array_equal(matrix_of(columns), nx.to_numpy_array(graph))
    assert list(columns.particles) == list(range(1, size + 1))


SMALL = "3 2 {}\n2\n1 3\n2\n"


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("3 2\n2\n1 4\n2\n", 3, "the neighbour '4' is not an integer from 1 to 3"),
        ("3 2\n2\n1 0\n2\n", 3, "the neighbour '0' is not an integer"),
        ("3 2\n2\n1 x\n2\n", 3, "the neighbour 'x' is not an integer"),
        ("3 2\n2\n1 3\n2\n3\n", 5, "there are more lines than the 3 vertices"),
        ("3 2\n2\n1 3\n", 1, "the header says 3 vertices, the file has 2"),
        ("3 5\n2\n1 3\n2\n", 1, "the header says 5 edges, which is 10 neighbours; the file has 4"),
        ("3 2 1\n2 1\n1 1 3\n2 1\n", 3, "the last neighbour has no weight"),
        ("3 2 1\n2 1\n1 1 3 -1\n2 1\n", 3, "the weight '-1' is negative"),
        ("3 2 1\n2 1\n1 nan 3 1\n2 1\n", 3, "the weight is NaN"),
        ("3 2 010 2\n1 1 2\n1\n1 1 2\n", 3, "1 words where the vertex alone has 2"),
    ],
)
def test_bad_metis_lines(
    tmp_path: Path,
    text: str,
    line: int,
    reason: str,
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = 0 if compiled else 1 << 40
    monkeypatch.setattr("focusmesh.engine.importers.text_rows.words.COMPILED_FROM_LINKS", limit)
    columns, report = read_text(tmp_path, "a.graph", text)
    assert list(columns.particles) == [1, 2, 3]
    ((number, found),) = faults_of(report)
    assert number == line
    assert reason in found
    with pytest.raises(BadLineError):
        read_links(tmp_path / "a.graph", strict=True)


def test_blank_lines_are_vertices(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.graph", "4 1\n\n3\n2\n\n\n\n", strict=True)
    assert links_of(columns) == [(2, 3, 1.0), (3, 2, 1.0)]
    assert len(columns.particles) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no header"),
        ("% only\n\n", "no header"),
        ("3\n", ":1: '3' is no METIS header"),
        ("%\n3 x\n", ":2: '3 x' is no METIS header"),
        ("3 -2\n", "is no METIS header"),
        ("3 2 002\n", "is no METIS header"),
        ("3 2 001 1\n", "says 1 vertex weights, but its fmt has none"),
        ("3000000000 0\n", ":1: the header says 3000000000 vertices"),
    ],
)
def test_files_that_are_not_metis(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(tmp_path, "a.graph", text)


@pytest.mark.parametrize(("name", "text"), [("a.graph", METIS), ("a.mtx", MTX)])
def test_blocks_compiled_code_and_compression_change_nothing(
    tmp_path: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = read_text(tmp_path, name, text)
    squeezed = tmp_path / f"{name}.gz"
    squeezed.write_bytes(gzip.compress(text.encode()))
    for limit in (0, 5, 1 << 40):
        for module in ("text", "words"):
            place = f"focusmesh.engine.importers.text_rows.{module}.COMPILED_FROM_LINKS"
            monkeypatch.setattr(place, limit)
        for size in (1, 9, 80):
            monkeypatch.setattr("focusmesh.engine.importers.text_rows.words._BLOCK_BYTES", size)
            monkeypatch.setattr("focusmesh.engine.importers.text_rows.text.LARGE_BLOCK_BYTES", size)
            for path in (tmp_path / name, squeezed):
                columns, report = read_links(path, strict=True)
                assert links_of(columns) == links_of(whole)
                assert report.line_count == text.count("\n")
