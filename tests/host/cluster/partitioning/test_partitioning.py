"""Tables become the parts that one machine would cut, on every way, and after every interruption."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from focusmesh.engine.cluster.partitioning import PHASES
from focusmesh.engine.cluster.parts import write_parts
from focusmesh.engine.graph import Graph
from focusmesh.engine.links.file import container
from focusmesh.errors import (
    BadLineError,
    DamagedFileError,
    FileError,
    InputError,
    ParameterError,
)
from focusmesh.host.cluster.partitioning import partition_graph
from tests.engine.strategies import heavy_tailed
from tests.host.cluster.partitioning.made import folder_bytes, many_links, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step
    from tests.conftest import Needs

BLOCK = 40
"""Rows of a block here, so that small tables have many."""
WEIGHTS = st.one_of(
    st.none(),
    st.sampled_from([0.0, -0.0, 1.0, 1.0, 2.0, -1.0, 0.1, 1e30, float("nan"), float("inf")]),
)
INTEGERS = st.one_of(st.none(), st.integers(0, 12), st.sampled_from([-(2**63), 2**63 - 1]))
TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "b", "ü", "10", "x" * 80]))


@pytest.fixture(autouse=True)
def extras(needs: Needs) -> None:
    needs("pyarrow")
    needs("fsspec")


def verify_same(table: Path, folder: Path, parts: int, **how: Any) -> Any:
    """That the parts of a table have the bytes of those of the graph that is read from it; and the bad rows its."""
    try:
        graph = Graph.read(table)
    except InputError:
        # A table of which no row can be used is refused, and has no graph to compare with.
        reject()
    write_parts(graph, parts, folder / "whole", align=False)
    made = partition_graph(table, folder / "made", parts, block_rows=BLOCK, **how)
    assert folder_bytes(folder / "made") == folder_bytes(folder / "whole")
    assert made.report is not None
    assert graph.report is not None
    assert made.report.bad_count == graph.report.bad_count
    assert [(bad.line, bad.reason) for bad in made.report.bad] == [
        (bad.line, bad.reason) for bad in graph.report.bad
    ]
    assert made.report.link_count == graph.report.link_count
    return made


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(INTEGERS, INTEGERS, WEIGHTS), min_size=1, max_size=120),
    parts=st.integers(1, 4),
)
def test_integers(tmp_path_factory: Any, rows: list[Any], parts: int) -> None:
    folder = tmp_path_factory.mktemp("integers")
    source, target, weight = (list(column) for column in zip(*rows, strict=True))
    import pyarrow as pa

    columns = {
        "source": pa.array(source, pa.int64()),
        "target": pa.array(target, pa.int64()),
        "weight": pa.array(weight, pa.float64()),
    }
    verify_same(
        write_table(folder / "links.parquet", columns), folder, parts, address="here", align=False
    )


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, INTEGERS), min_size=1, max_size=120),
    parts=st.integers(1, 4),
    mixed=st.booleans(),
)
def test_texts(tmp_path_factory: Any, rows: list[Any], parts: int, mixed: bool) -> None:
    import pyarrow as pa

    folder = tmp_path_factory.mktemp("texts")
    source, target, number = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "src": pa.array(source, pa.string()),
        "dst": pa.array(number, pa.int64()) if mixed else pa.array(target, pa.large_string()),
    }
    verify_same(
        write_table(folder / "links.parquet", columns), folder, parts, address="here", align=False
    )


@pytest.mark.parametrize("kind", ["integers", "texts", "unsigned", "weights", "single", "whole"])
@pytest.mark.parametrize("parts", [1, 3])
def test_all_kinds_of_columns(tmp_path: Path, kind: str, parts: int) -> None:
    table = write_table(tmp_path / "links.parquet", many_links(kind), group=70)
    verify_same(table, tmp_path, parts, address="here", align=False)


def test_a_graph_above_the_size_of_compiled_loops(tmp_path: Path) -> None:
    source, target, weight = heavy_tailed(9_000, 110_000, seed=4)
    columns = {"source": source, "target": target, "weight": np.round(weight, 2)}
    table = write_table(tmp_path / "links.parquet", columns, group=20_000)
    write_parts(Graph.read(table), 2, tmp_path / "whole", align=False)
    partition_graph(table, tmp_path / "made", 2, address="here", align=False, block_rows=30_000)
    assert folder_bytes(tmp_path / "made") == folder_bytes(tmp_path / "whole")


@pytest.mark.parametrize("rows", [70, 500, 10**6])
def test_blocks_do_not_show(tmp_path: Path, rows: int) -> None:
    """Row groups smaller and larger than a block; a folder, a glob and a list of files."""
    columns = many_links("weights")
    for at, name in enumerate(("b", "a")):
        half = {role: column[at * 1_000 : (at + 1) * 1_000] for role, column in columns.items()}
        write_table(tmp_path / f"{name}.parquet", half, group=[300, 2_000][at])
    whole = {
        role: np.concatenate((column[1_000:], column[:1_000])) for role, column in columns.items()
    }
    (tmp_path / "one").mkdir()
    table = write_table(tmp_path / "one" / "links.parquet", whole)
    write_parts(Graph.read(table), 3, tmp_path / "whole", align=False)
    wanted = folder_bytes(tmp_path / "whole")
    ways: tuple[Any, ...] = (
        [tmp_path / "a.parquet", tmp_path / "b.parquet"],
        str(tmp_path / "?.parquet"),
        tmp_path / "one",
    )
    for at, paths in enumerate(ways):
        made = tmp_path / f"made{at}"
        partition_graph(paths, made, 3, address="here", align=False, block_rows=rows)
        assert folder_bytes(made) == wanted


def test_tables_in_a_file_system_of_fsspec(tmp_path: Path) -> None:
    import fsspec

    table = write_table(tmp_path / "links.parquet", many_links("integers"))
    memory = fsspec.filesystem("memory")
    memory.pipe("/tables/links.parquet", table.read_bytes())
    partition_graph(table, tmp_path / "file", 2, address="here", align=False)
    partition_graph(
        "memory://tables/*.parquet", tmp_path / "memory", 2, address="here", align=False
    )
    memory.rm("/tables", recursive=True)
    assert folder_bytes(tmp_path / "file") == folder_bytes(tmp_path / "memory")


def test_a_graph_file_and_a_graph_are_cut_here(tmp_path: Path) -> None:
    graph = Graph.from_edges(*heavy_tailed(50, 300, seed=5))
    graph.save(tmp_path / "graph.focusmesh")
    partition_graph(tmp_path / "graph.focusmesh", tmp_path / "file", 2)
    made = partition_graph(graph, tmp_path / "graph", 2)
    assert made.report is None
    assert folder_bytes(tmp_path / "file") == folder_bytes(tmp_path / "graph")


class StoppedError(Exception):
    """Stands for the end of a process."""


def stopping(at: int) -> Any:
    """A progress that ends the run at its ``at``-th word."""
    told: list[Step] = []

    def progress(step: Step) -> None:
        told.append(step)
        if len(told) == at:
            raise StoppedError

    return progress


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "links.parquet", many_links("weights"), group=70)


@pytest.fixture
def whole(tmp_path: Path, table: Path) -> dict[str, bytes]:
    write_parts(Graph.read(table), 3, tmp_path / "whole", align=False)
    return folder_bytes(tmp_path / "whole")


@pytest.mark.usefixtures("unhurried")
def test_a_run_that_was_ended_goes_on(tmp_path: Path, table: Path, whole: dict[str, bytes]) -> None:
    """Ended at every word of its progress in turn: each run does one piece more than the last, none twice."""
    made, runs, again = tmp_path / "made", 0, None
    while again is None:
        runs += 1
        try:
            again = partition_graph(
                table, made, 3, address="here", align=False, block_rows=400, progress=stopping(3)
            )
        except StoppedError:
            assert not (made / "manifest.json").exists()
    assert folder_bytes(made) == whole
    assert runs > len(PHASES)
    assert again.reused > 0


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress tells every step."""
    monkeypatch.setattr("focusmesh.engine.support.progress._SECONDS_BETWEEN", 0.0)


def interrupted(table: Path, made: Path, phase: str) -> Path:
    """The folder of work of a run that ended when ``phase`` was done."""

    def progress(step: Step) -> None:
        if step.what == phase:
            raise StoppedError

    with pytest.raises(StoppedError):
        partition_graph(
            table, made, 3, address="here", align=False, block_rows=400, progress=progress
        )
    return made / ".work"


@pytest.mark.parametrize("phase", [phase.doing for phase in PHASES[1:]])
def test_a_piece_that_was_damaged_is_made_again(
    tmp_path: Path, table: Path, whole: dict[str, bytes], phase: str
) -> None:
    made = tmp_path / "made"
    work = interrupted(table, made, phase)
    for piece in sorted(work.glob("*/000000.piece")):
        content = bytearray(piece.read_bytes())
        content[-70] ^= 255
        piece.write_bytes(content)
    partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert folder_bytes(made) == whole


def test_a_damaged_piece_spoils_the_parts_where_digests_are_not_looked_at(
    tmp_path: Path, table: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: it is the digests that find it."""
    made = tmp_path / "made"
    work = interrupted(table, made, "merge links")
    piece = work / "links" / "000001.piece"
    content = bytearray(piece.read_bytes())
    content[1_000] ^= 1
    piece.write_bytes(content)
    monkeypatch.setattr("focusmesh.engine.links.file.container.verify_digests", lambda *_: None)
    partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert folder_bytes(made) != whole


def test_a_part_that_was_damaged_meanwhile_is_written_again(
    tmp_path: Path, table: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    with monkeypatch.context() as patched:
        patched.setattr("focusmesh.host.cluster.partitioning.partition.whole_manifest", stopping(1))
        with pytest.raises(StoppedError):
            partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    (made / "part-00001.focusmesh").write_bytes(b"x")
    (made / ".part-00001.focusmesh.half").write_bytes(b"half")
    again = partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert again.pieces - again.reused == 1
    assert folder_bytes(made) == whole


def test_pieces_of_other_tables_are_not_used(tmp_path: Path, table: Path) -> None:
    made = tmp_path / "made"
    interrupted(table, made, "merge links")
    columns = many_links("weights") | {"source": np.arange(2_000)}
    write_table(table, columns, group=70)
    again = partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert again.reused == 0
    write_parts(Graph.read(table), 3, tmp_path / "whole", align=False)
    assert folder_bytes(made) == folder_bytes(tmp_path / "whole")


def test_a_full_disk_ends_with_a_word_and_a_rerun_goes_on(
    tmp_path: Path, table: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    left, plain = [100], container.raw_bytes

    def full(*given: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(*given)

    with monkeypatch.context() as patched:
        patched.setattr(container, "raw_bytes", full)
        with pytest.raises(FileError, match=r"cannot write .*: No space left on device"):
            partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert not (made / "manifest.json").exists()
    again = partition_graph(table, made, 3, address="here", align=False, block_rows=400)
    assert again.reused > 0
    assert folder_bytes(made) == whole


def test_bad_rows_and_strict(tmp_path: Path) -> None:
    columns = {"source": ["a", None, "", "b"], "target": ["b", "a", "b", "c"], "w": [1, 1, 1, -2.0]}
    table = write_table(tmp_path / "links.parquet", columns, group=2)
    how: dict[str, Any] = {"columns": {"weight": "w"}, "address": "here"}
    made = partition_graph(table, tmp_path / "made", 1, **how)
    assert made.report is not None
    assert [str(bad).removeprefix(f"{table}:") for bad in made.report.bad] == [
        "2: the source is null",
        "3: the source is empty",
        "4: the weight -2.0 is negative",
    ]
    with pytest.raises(BadLineError, match=r"links.parquet:2: the source is null"):
        partition_graph(table, tmp_path / "strict", 1, strict=True, **how)


def test_what_cannot_be_partitioned(tmp_path: Path) -> None:
    good = write_table(tmp_path / "links.parquet", {"source": [1], "target": [2]})
    made = tmp_path / "made"

    def refused(
        error: type[Exception], words: str, source: Any, parts: Any = 1, **how: Any
    ) -> None:
        with pytest.raises(error, match=words):
            partition_graph(source, made, parts, address="here", align=False, **how)

    refused(ParameterError, "parts need 1 ≤ count", good, 0)
    refused(FileError, r"there is no Parquet file", tmp_path / "none.parquet")
    refused(FileError, "cannot look into nothing://x", "nothing://x/*.parquet")
    refused(InputError, "no table to partition", [])
    refused(InputError, "give a graph file as the only path", [good, tmp_path / "g.focusmesh"])
    refused(InputError, "has no column 'w' for 'weight'", good, columns={"weight": "w"})
    floats = write_table(tmp_path / "floats.parquet", {"source": [1.5], "target": [2]})
    refused(InputError, "source column of .* has type double: names are integers", floats)
    words = write_table(tmp_path / "w.parquet", {"source": [1], "target": [2], "weight": ["x"]})
    refused(InputError, "has type string: weights are numbers", words)
    empty = write_table(tmp_path / "empty.parquet", {"source": [], "target": []})
    refused(InputError, "the tables have no rows|names are integers", empty)
    notes = write_table(tmp_path / "notes.parquet", {"particle": ["a"], "text": ["b"]})
    refused(InputError, "describes particles and has no links", notes)
    good.write_bytes(good.read_bytes()[:-5])
    refused(DamagedFileError, r"links.parquet cannot be read as a table", good)
