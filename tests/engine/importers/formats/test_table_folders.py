"""Folders of Parquet as Spark, PyArrow and Polars write them: one table in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.registry import importer_of
from focusmesh.errors import DamagedFileError, InputError
from tests.engine.importers.files import faults_of, labels_of, links_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs


def write(needs: Needs, path: Path, **columns: Any) -> None:
    needs("arro3.io")
    pyarrow = needs("pyarrow")
    parquet = needs("pyarrow.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table(columns), path)


def test_parts_are_one_table(needs: Needs, tmp_path: Path) -> None:
    folder = tmp_path / "edges.parquet"
    write(needs, folder / "part-00000-x.snappy.parquet", source=["a", "b"], target=["b", "c"])
    write(needs, folder / "part-00001-x.snappy.parquet", target=["a", None], source=["c", "a"])
    (folder / "_SUCCESS").touch()
    (folder / "._SUCCESS.crc").write_bytes(b"crc")
    (folder / ".part-00000-x.snappy.parquet.crc").write_bytes(b"crc")
    write(needs, folder / "_temporary" / "part-00002.parquet", source=["x"], target=["y"])
    columns, report = read_links(folder)
    columns.verify()
    assert links_of(columns) == [("a", "b", 1.0), ("b", "c", 1.0), ("c", "a", 1.0)]
    assert list(columns.particles) == ["a", "b", "c"]
    assert (report.format, report.line_count, report.understood[0]) == ("table", 4, "2 files")
    bad = str(folder / "part-00001-x.snappy.parquet")
    assert [(each.file, each.line) for each in report.bad] == [(bad, 2)]
    assert faults_of(report) == [(2, "the target is null")]


def test_keys_of_folders_are_columns(needs: Needs, tmp_path: Path) -> None:
    folder = tmp_path / "edges"
    null = "relation=__HIVE_DEFAULT_PARTITION__"
    write(needs, folder / "relation=knows" / "time=7" / "a.parquet", i=[1], j=[2])
    write(needs, folder / "relation=likes%20it" / "time=8" / "a.parquet", i=[2], j=[3])
    write(needs, folder / null / "time=2024-05-01" / "a.parquet", i=[3], j=[1])
    columns, _ = read_links(folder)
    assert sorted(zip(links_of(columns), labels_of(columns, "relation"), strict=True)) == [
        ((1, 2, 1.0), "knows"),
        ((2, 3, 1.0), "likes it"),
        ((3, 1, 1.0), ""),
    ]
    assert columns.time is not None
    assert sorted(columns.time.tolist()) == [7, 8, 1714521600000000]
    roles = {"relation": "time", "time": "relation"}
    with pytest.raises(InputError, match="no line could be used"):
        read_links(folder, columns=roles)


def test_what_pyarrow_and_polars_write(needs: Needs, tmp_path: Path) -> None:
    needs("arro3.io")
    pyarrow, parquet, polars = needs("pyarrow"), needs("pyarrow.parquet"), needs("polars")
    rows = {"source": ["a", "b", "a"], "target": ["b", "c", "c"], "kind": ["x", "y", "x"]}
    parquet.write_to_dataset(pyarrow.table(rows), tmp_path / "arrow", partition_cols=["kind"])
    polars.DataFrame(rows).write_parquet(tmp_path / "polars", partition_by="kind")
    for name in ("arrow", "polars"):
        columns, _ = read_links(tmp_path / name)
        found = zip(links_of(columns), labels_of(columns, "relation"), strict=True)
        assert sorted(found) == [
            (("a", "b", 1.0), "x"),
            (("a", "c", 1.0), "x"),
            (("b", "c", 1.0), "y"),
        ]


def test_parts_that_are_of_no_one_table(needs: Needs, tmp_path: Path) -> None:
    folder = tmp_path / "edges"
    write(needs, folder / "a.parquet", source=["a"], target=["b"])
    write(needs, folder / "b.parquet", source=["a"], target=["b"], weight=[1.0])
    with pytest.raises(
        InputError, match=r"b\.parquet is no part of one table.* weight in 'weight'"
    ):
        read_links(folder)
    write(needs, folder / "b.parquet", source=[1], target=[2])
    with pytest.raises(InputError, match=r"b\.parquet is no part .*source in 'source' of integers"):
        read_links(folder)
    write(needs, folder / "b.parquet", who=[1], whom=[2])
    with pytest.raises(InputError, match=r"b\.parquet has no column that is plainly the source"):
        read_links(folder)
    (folder / "b.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(DamagedFileError, match=r"b\.parquet is cut short"):
        read_links(folder)
    assert len(read_links(folder, exclude=["b.*"])[0]) == 1


@pytest.mark.parametrize(
    ("log", "name"),
    [
        ("_delta_log/0.json", "Delta Lake"),
        (".hoodie/x", "Hudi"),
        ("metadata/v1.metadata.json", "Iceberg"),
    ],
)
def test_tables_with_a_log_are_refused(needs: Needs, tmp_path: Path, log: str, name: str) -> None:
    write(needs, tmp_path / "a.parquet", source=["a"], target=["b"])
    (tmp_path / log).parent.mkdir()
    (tmp_path / log).write_text("{}")
    with pytest.raises(InputError, match=f"is a table of {name}: which of its files count"):
        read_links(tmp_path)


def test_a_folder_with_other_files(needs: Needs, tmp_path: Path) -> None:
    write(needs, tmp_path / "a.parquet", source=["a"], target=["b"])
    (tmp_path / "notes.md").write_text("[[a]]")
    (tmp_path / "_SUCCESS").touch()
    assert importer_of(tmp_path).name == "table"
    assert Graph.read(tmp_path / "a.parquet").link_count == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="has no files of tables"):
        read_links(empty, format="table")
