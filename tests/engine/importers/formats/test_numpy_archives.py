"""Archives of NumPy: sparse matrices of SciPy in all their formats, edge_index, and archives that are wrong."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.sparse as sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, DamagedFileError, FocusmeshError, InputError
from tests.engine.importers.files import faults_of, links_of

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("csr", "csc", "coo", "bsr", "dia")


@pytest.mark.parametrize("form", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(dense=arrays(np.float64, (6, 6), elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 7.25])))
def test_matrices_are_read_as_scipy_reads_them(tmp_path: Path, form: str, dense: Any) -> None:
    path = tmp_path / "a.npz"
    sparse.save_npz(path, sparse.csr_array(dense).asformat(form))
    columns, report = read_links(path, format="npz")
    columns.verify()
    assert list(columns.particles) == list(range(6))
    back = sparse.load_npz(path).tocoo()
    expected = zip(back.row.tolist(), back.col.tolist(), back.data.tolist(), strict=True)
    assert sorted(links_of(columns)) == sorted(entry for entry in expected if entry[2])
    assert report.understood[0] == f"a sparse matrix ({form})"


def test_a_graph_goes_out_and_comes_back(tmp_path: Path) -> None:
    graph = Graph.from_edges([(0, 1, 2.0), (1, 2, 1.0), (2, 0, 0.25)])
    sparse.save_npz(tmp_path / "a.npz", graph.to_scipy())
    again = Graph.read(tmp_path / "a.npz")
    assert [again.weight(a, b) for a, b in ((0, 1), (1, 2), (2, 0))] == [2.0, 1.0, 0.25]


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint8, np.bool_])
def test_values_of_other_kinds(tmp_path: Path, kind: Any) -> None:
    sparse.save_npz(tmp_path / "a.npz", sparse.csr_array(np.array([[0, 1], [1, 0]], dtype=kind)))
    assert links_of(read_links(tmp_path / "a.npz")[0]) == [(0, 1, 1.0), (1, 0, 1.0)]


def test_bad_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    dense = np.array([[0, -1.5, 2], [np.nan, 0, np.inf], [1, 0, 0]])
    sparse.save_npz(path, sparse.csr_array(dense))
    columns, report = read_links(path)
    assert links_of(columns) == [(0, 2, 2.0), (2, 0, 1.0)]
    assert faults_of(report) == [
        (1, "the weight -1.5 is negative"),
        (3, "the weight is NaN"),
        (4, "the weight inf is infinite"),
    ]
    with pytest.raises(BadLineError, match=r"a\.npz:1: the weight -1.5 is negative"):
        read_links(path, strict=True)


def test_edge_index(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    ends = np.array([[0, 3, 1], [1, 0, 1]], order="F")
    np.savez_compressed(path, edge_index=ends, edge_weight=np.array([[1], [2], [0.5]]), x=ends)
    columns, report = read_links(path)
    assert links_of(columns) == [(0, 1, 1.0), (3, 0, 2.0), (1, 1, 0.5)]
    assert list(columns.particles) == [0, 1, 2, 3]
    assert report.understood[:2] == ("edge_index", "passed over: x")
    np.savez(path, edge_index=ends.astype(np.int32), num_nodes=np.array(9))
    columns, _ = read_links(path)
    assert (len(columns.particles), columns.weight) == (9, None)


def parts(**changed: Any) -> dict[str, Any]:
    """The arrays of a whole csr matrix, some of them changed."""
    whole: dict[str, Any] = {
        "format": np.array(b"csr"),
        "shape": np.array([2, 2]),
        "indptr": np.array([0, 1, 2]),
        "indices": np.array([1, 0]),
        "data": np.array([1.0, 2.0]),
    }
    return {key: value for key, value in (whole | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (parts(shape=np.array([2, 3])), "the matrix is 2 × 3; links need a square one"),
        (parts(indices=np.array([1, 2])), "entry 2 has the index 2, not one from 0 to 1"),
        (parts(indices=np.array([1, -1])), "entry 2 has the index -1"),
        (parts(indptr=np.array([0, 2, 1])), "do not fit each other"),
        (parts(indptr=np.array([0, 3, 2])), "do not fit each other"),
        (parts(indptr=np.array([0, 2])), "do not fit each other"),
        (parts(indices=np.array([1])), "do not fit each other"),
        (parts(indices=np.array([1.0, 0.0])), "indices is to be integers in 1 dimension"),
        (parts(data=np.array([1j, 2j])), "no weights"),
        (parts(data=np.array(["a", "b"])), "no weights"),
        (parts(data=np.array([[1.0, 2.0]])), "wrong shape"),
        (parts(data=None), "no array 'data'"),
        (parts(format=np.array(b"lil")), "of the format b'lil'"),
        (parts(data=np.array([None, 2])), "nothing is unpickled"),
        (parts(shape=np.array([2**31, 2**31])), "do not fit each other"),
        ({"edge_index": np.array([[0, 1]])}, "edge_index is 1 × 2"),
        ({"edge_index": np.array([[0], [-1]])}, "the index -1"),
        ({"edge_index": np.array([[0], [1]]), "edge_weight": np.ones(2)}, "not equally many"),
        ({"edge_index": np.array([[0], [2**31]])}, "too many for 1 lines"),
        ({"edge_index": np.array([[0], [1]]), "num_nodes": np.array([1, 2])}, "is no number"),
        ({"x": np.ones(3)}, "has the arrays x: read are sparse matrices"),
    ],
)
def test_archives_that_cannot_be_links(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError) as caught:
        read_links(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_header_that_says_more_than_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        made, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in parts(data=None).items():
            inner = io.BytesIO()
            np.save(inner, array)
            archive.writestr(f"{name}.npy", inner.getvalue())
        archive.writestr("data.npy", made.getvalue())
    with pytest.raises(DamagedFileError, match="data is shorter than its header says"):
        read_links(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), min_size=1, max_size=3)
)
def test_mutated_archives(tmp_path: Path, cuts: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **parts())
    data = path.read_bytes()
    for at, piece in cuts:
        begin = at % len(data)
        data = data[:begin] + piece + data[begin + len(piece) :]
    path.write_bytes(data)
    try:
        columns, _ = read_links(path)
    except FocusmeshError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    columns.verify()
    assert max(columns.source.max(), columns.target.max()) < len(columns.particles)
