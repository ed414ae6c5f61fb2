"""Parts of a graph put together are the graph, whoever cut them, and a damaged one is named."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.cluster.parts import (
    READ_INWARD,
    READ_OUTWARD,
    Part,
    Whole,
    join_parts,
    make_parts,
    open_manifest,
    open_part,
    verify_folder,
    write_parts,
)
from focusmesh.engine.cluster.parts.cut import ROW_WORK, balanced_bounds
from focusmesh.engine.cluster.parts.part_file import read_part
from focusmesh.engine.focus import IntegerAxons, chunk_starts
from focusmesh.engine.graph import Graph
from focusmesh.errors import DamagedFileError, FileError, InputError, ParameterError
from tests.engine.strategies import arrays_of, graphs, heavy_tailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNTS = st.integers(1, 5)
NAMES: dict[str, list[Any]] = {
    "integers": [7, -2, 2**62, 0, 11, 5],
    "text": ["a", "ü", "long " * 20, "", "z", "0"],
    "mixed": ["a", 1, b"bytes", "b", 2, 3],
    "digests": [bytes([at]) * 32 for at in range(6)],
}


def put_together(parts: Sequence[Part]) -> dict[str, Any]:
    """The arrays of a structure, from its parts."""

    def joined(arrays: Sequence[Any]) -> Any:
        return None if arrays[0] is None else np.concatenate(arrays)

    return {
        "in_start": np.append(0, np.cumsum(joined([np.diff(part.in_start) for part in parts]))),
        "in_source": joined([part.column_positions(part.in_column) for part in parts]),
        "in_weight": joined([part.in_weight for part in parts]),
        "out_start": np.append(0, np.cumsum(joined([np.diff(part.out_start) for part in parts]))),
        "out_target": joined([part.column_positions(part.out_column) for part in parts]),
        "out_weight": joined([part.out_weight for part in parts]),
        "out_total": joined([part.out_total[: part.own] for part in parts]),
        "degree_total": joined([part.degree_total[: part.own] for part in parts]),
        "order": joined([part.particle for part in parts]),
    }


def verify_is(parts: Sequence[Part], graph: Graph) -> None:
    """That the parts are the graph, and what each says about the others is so."""
    wanted = arrays_of(graph.structure)
    for name, array in put_together(parts).items():
        assert array is None if wanted[name] is None else np.array_equal(array, wanted[name]), name
    for part in parts:
        structure = graph.structure
        assert np.array_equal(part.out_total[part.own :], structure.out_total[part.foreign])
        assert np.array_equal(part.degree_total[part.own :], structure.degree_total[part.foreign])
        assert [part.names[at] for at in range(part.own)] == [
            graph.particles[at] for at in part.particle.tolist()
        ]
        verify_reads(part, parts)


def verify_reads(part: Part, parts: Sequence[Part]) -> None:
    """Foreign particles are those that rows read, in rising order; others send just those."""
    assert np.all(np.diff(part.foreign.astype(np.int64)) > 0)
    for columns, side in ((part.in_column, READ_INWARD), (part.out_column, READ_OUTWARD)):
        read = np.unique(columns[columns >= part.own]) - part.own
        assert np.array_equal(np.flatnonzero(part.foreign_side & side), read)
    assert np.all(part.foreign_side > 0)
    for other, (low, high) in enumerate(pairwise(part.foreign_starts.tolist())):
        sent = parts[other].sent_to(part.rank) + parts[other].first
        assert np.array_equal(part.foreign[low:high], sent)
    readers = [set(part.sent_to(other.rank).tolist()) for other in parts if other is not part]
    assert set(part.hubs.tolist()) == (set.intersection(*readers) if readers else set())


@given(graphs(), COUNTS)
def test_parts_are_the_graph(graph: Graph, count: int) -> None:
    parts = make_parts(graph, count, align=False)
    verify_is(parts, graph)
    axons, whole = IntegerAxons.of(graph, weight_unit=1.0), parts[0].whole
    ranks = np.concatenate([part.digest_rank for part in parts if part.digest_rank is not None])
    assert np.array_equal(ranks, axons.rank)
    assert whole.particles_digest == axons.particles
    assert whole.axons == graph.structure.axon_count
    assert whole.linking == graph.structure.linking_count


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("count", [1, 3, 8])
def test_written_parts_are_those_that_were_made(tmp_path: Path, kind: str, count: int) -> None:
    names = NAMES[kind]
    links = [(names[at], names[(3 * at + 1) % 6], 1.5 * at + 1) for at in range(6)]
    graph = Graph.from_edges(*zip(*links, strict=True))
    manifest = write_parts(graph, count, tmp_path / "parts", align=False)
    assert open_manifest(tmp_path / "parts") == manifest
    opened = [open_part(tmp_path / "parts", rank, verify=True) for rank in range(count)]
    verify_is(opened, graph)
    assert verify_folder(tmp_path / "parts") == []


@given(data=st.data(), graph=graphs(), count=st.integers(2, 6))
def test_joined_parts_are_the_graph(data: st.DataObject, graph: Graph, count: int) -> None:
    parts = make_parts(graph, count, align=False)
    ranks = data.draw(st.integers(1, count))
    cuts = [count * at // ranks for at in range(ranks + 1)]
    foreigns = [[part.foreign for part in parts[low:high]] for low, high in pairwise(cuts)]
    joined = [
        join_parts(parts[low:high], rank, cuts, foreigns)
        for rank, (low, high) in enumerate(pairwise(cuts))
    ]
    verify_is(joined, graph)


def test_few_ranks_open_many_parts(tmp_path: Path) -> None:
    graph = Graph.from_edges(*heavy_tailed(300, 2_000, seed=1))
    write_parts(graph, 4, tmp_path, align=False)
    for ranks in (1, 2, 3, 4):
        verify_is([open_part(tmp_path, rank, ranks) for rank in range(ranks)], graph)
    with pytest.raises(ParameterError, match="4 parts, which is less than 5 ranks"):
        open_part(tmp_path, 0, 5)
    with pytest.raises(ParameterError, match="rank 2 is outside of 0 … 1"):
        open_part(tmp_path, 2, 2)


@given(st.lists(st.integers(0, 40), max_size=60), COUNTS)
def test_parts_are_balanced_to_a_row(links: list[int], count: int) -> None:
    ends = np.cumsum(np.array(links, dtype=np.int64))
    bounds = balanced_bounds(ends, count, align=False)
    work = [sum(links[low:high]) + ROW_WORK * (high - low) for low, high in pairwise(bounds)]
    largest = max(links, default=0) + ROW_WORK
    assert sum(work) == sum(links) + ROW_WORK * len(links)
    assert all(abs(each - sum(work) / count) <= largest for each in work)


@pytest.mark.parametrize("count", [2, 4])
def test_aligned_parts_begin_where_sums_do(count: int) -> None:
    starts = chunk_starts(400_000)
    ends = np.cumsum(np.arange(400_000, 0, -1) // 1_000 + 1)
    bounds = balanced_bounds(ends, count)
    free = balanced_bounds(ends, count, align=False)
    assert set(bounds) <= set(starts.tolist())
    assert max(abs(low - high) for low, high in zip(bounds, free, strict=True)) <= 1 << 14
    assert set(balanced_bounds(ends[:100], count)) == {0, 100}


def test_columns_and_positions() -> None:
    part = make_parts(Graph.from_edges([0, 1, 2, 3], [1, 2, 3, 0]), 2, align=False)[1]
    columns = np.arange(part.own + part.foreign_count)
    assert np.array_equal(part.local_columns(part.column_positions(columns)), columns)
    lonely = make_parts(Graph.from_edges([0, 1, 2, 3], [1, 0, 3, 2]), 2, align=False)[0]
    with pytest.raises(InputError, match="position 3 is neither of part 0 nor read by it"):
        lonely.local_columns(np.array([0, 3]))


@pytest.mark.parametrize("count", [0, -1, 65_537, True, 2.0])
def test_a_count_that_cannot_be(count: Any) -> None:
    with pytest.raises(ParameterError, match="parts need 1 ≤ count"):
        make_parts(Graph.from_edges([0], [1]), count)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_parts(Graph.from_edges(*heavy_tailed(40, 300, seed=2)), 3, tmp_path, align=False)
    return tmp_path


def test_every_changed_byte_of_a_part_is_found(written: Path) -> None:
    path = written / "part-00001.focusmesh"
    content = bytearray(path.read_bytes())
    for at in range(0, len(content), 97):
        content[at] ^= 1
        path.write_bytes(content)
        content[at] ^= 1
        (fault,) = verify_folder(written)
        assert "part-00001.focusmesh" in fault
        assert "partition the graph again" in fault


def test_a_changed_byte_is_not_found_where_nobody_looks(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: it is the digests that find it."""
    path = written / "part-00001.focusmesh"
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(
        "focusmesh.engine.cluster.parts.part_file.read_part",
        lambda folder, manifest, rank, *, verify: read_part(folder, manifest, rank),
    )
    assert verify_folder(written) == []


def test_parts_that_are_missing_or_cut_or_of_another_graph(written: Path, tmp_path: Path) -> None:
    path = written / "part-00002.focusmesh"
    content = path.read_bytes()
    path.write_bytes(content[:-64])
    with pytest.raises(DamagedFileError, match=r"part-00002.* bytes, the manifest says"):
        open_part(written, 2)
    path.unlink()
    with pytest.raises(FileError, match=r"part-00002.*missing: part 2 of 3; fetch it again"):
        open_part(written, 2)
    (written / "part-00001.focusmesh").rename(path)
    with pytest.raises(DamagedFileError, match="part-00002"):
        open_part(written, 2)


def test_a_manifest_that_was_changed(written: Path) -> None:
    path = written / "manifest.json"
    content = path.read_text()
    for old, new in (('"axons"', '"axoms"'), ("weights", "heights"), ("[0, ", "[1, "), ("{", "[")):
        path.write_text(content.replace(old, new, 1))
        with pytest.raises(DamagedFileError, match=r"manifest\.json is damaged"):
            open_manifest(written)
    path.write_text(content.replace('"version": 1', '"version": 2'))
    with pytest.raises(FileError, match="format version 2"):
        open_manifest(written)
    path.unlink()
    with pytest.raises(FileError, match="has its manifest when that has finished"):
        open_manifest(written)


def test_bounds_that_do_not_rise() -> None:
    with pytest.raises(InputError, match="must rise from 0 to 4"):
        Whole(4, 3, 2, 3, None, (0, 3, 2, 4)).verify()


def test_a_folder_that_is_written_again_keeps_nothing_of_before(tmp_path: Path) -> None:
    graph = Graph.from_edges(*heavy_tailed(60, 400, seed=3))
    write_parts(graph, 4, tmp_path, align=False)
    (tmp_path / ".part-00000.focusmesh.half").write_bytes(b"half")
    write_parts(graph, 2, tmp_path, align=False)
    names = ["manifest.json", "part-00000.focusmesh", "part-00001.focusmesh"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_folder_is_not_finished_while_it_is_written_again(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FileError("full")

    monkeypatch.setattr("focusmesh.engine.cluster.parts.folder.write_part", full)
    with pytest.raises(FileError, match="full"):
        write_parts(Graph.from_edges([0], [1]), 2, written)
    with pytest.raises(FileError, match="has its manifest when that has finished"):
        open_manifest(written)
