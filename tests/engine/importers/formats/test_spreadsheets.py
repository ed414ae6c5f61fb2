"""Spreadsheets as Excel, LibreOffice and their libraries write them: the same links as of a CSV with the same rows."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import DamagedFileError, FocusmeshError, InputError, MissingExtraError
from tests.engine.importers.files import faults_of, labels_of, links_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

Table = list[list[Any]]
_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
ROWS: Table = [
    [],
    ["source", "target", "weight", "time", "note"],
    [1, 2, 0.5, datetime(2024, 5, 1, 0, 0, 1), "x"],
    ["ada", " bob ", 2, date(2024, 5, 1), None],
    [],
    ["ada", None, 1, date(2024, 5, 1), None],
    ["ada", "cem", -1, date(2024, 5, 1), None],
    ["ada", "cem", "many", date(2024, 5, 1), None],
]


def write_xlsx(path: Path, sheets: dict[str, Table], needs: Needs) -> None:
    book = needs("openpyxl").Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for at, row in enumerate(rows, 1):
            for place, cell in enumerate(row, 1):
                if cell is not None:
                    sheet.cell(at, place, cell)
    book.save(path)


def write_xls(path: Path, sheets: dict[str, Table], needs: Needs) -> None:
    xlwt = needs("xlwt")
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                style = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
                args = (style,) if isinstance(cell, date) else ()
                if cell is not None:
                    sheet.write(at, place, cell, *args)
    book.save(str(path))


def write_ods(path: Path, sheets: dict[str, Table], _: Needs) -> None:
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(map(_ods_row, rows))}</table:table>'
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/manifest.xml", manifest)


def _ods_row(row: list[Any]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>'
        )
    if isinstance(cell, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'


WRITERS = {"xlsx": write_xlsx, "xls": write_xls, "ods": write_ods}


@pytest.fixture(params=WRITERS)
def kind(request: pytest.FixtureRequest, needs: Needs) -> str:
    needs("python_calamine")
    return str(request.param)


def test_a_sheet_is_read_as_a_csv_is(kind: str, needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, {"links": ROWS, "more": [["a", "b"]]}, needs)
    columns, report = read_links(path)
    columns.verify()
    assert links_of(columns) == [(1, 2, 0.5), ("ada", "bob", 2.0)]
    assert columns.time is not None
    assert columns.time.tolist() == [1714521601000000, 1714521600000000]
    assert faults_of(report) == [
        (6, "the target is empty"),
        (7, "the weight -1 is negative"),
        (8, "the weight 'many' is not a number"),
    ]
    assert (report.line_count, report.trimmed_count) == (8, 1)
    assert report.understood[:5] == (
        "sheet 'links' of 2",
        "header",
        "weight column",
        "time column",
        "properties: note",
    )


def test_a_sheet_is_named(kind: str, needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    sheets: dict[str, Table] = {"links": ROWS, "more": [["a", "b"], ["a", "c"]], "none": []}
    WRITERS[kind](path, sheets, needs)
    columns, report = read_links(path, table="more")
    assert links_of(columns) == [("a", "b", 1.0), ("a", "c", 1.0)]
    assert "no header" in report.understood
    ends = {"source": "target", "target": "source"}
    assert Graph.read(path, table="links", columns=ends).weight(2, 1) == 0.5
    with pytest.raises(InputError, match="no sheet 'nope'; there are: 'links', 'more', 'none'"):
        read_links(path, table="nope")
    with pytest.raises(InputError, match="has no links"):
        read_links(path, table="none")
    assert len(read_links(path, first=1)[0]) == 1


def test_a_header_that_nobody_knows(kind: str, needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, {"s": [["who", "whom"], ["ada", "bob"]]}, needs)
    columns, report = read_links(path)
    assert links_of(columns)[0][:2] == ("who", "whom")
    assert "if that line is a header, say --columns source=who,target=whom" in report.warnings[0]
    WRITERS[kind](path, {"s": [["who", "whom", "how"], [1, 2, 0.5], [3, 4, 1]]}, needs)
    columns, report = read_links(path)
    assert links_of(columns) == [(1, 2, 0.5), (3, 4, 1.0)]
    assert "header (who, whom, how)" in report.understood


def test_edges_of_gephi_and_decimal_commas(kind: str, needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    rows: Table = [
        ["Source", "Target", "Type", "Label", "Weight"],
        [1, 2, "Undirected", "knows", "0,5"],
        [2, 3, "Directed", None, "1,25"],
        [2, 3, "Directed", None, 2],
        [3, 1, "Directed", None, "1.5"],
    ]
    WRITERS[kind](path, {"s": rows}, needs)
    columns, report = read_links(path)
    assert links_of(columns) == [(1, 2, 0.5), (2, 1, 0.5), (2, 3, 1.25), (2, 3, 2.0)]
    assert labels_of(columns, "relation") == ["knows", "knows", "", ""]
    assert faults_of(report) == [(5, "the weight '1.5' has a point, in a file with decimal commas")]


CELLS = st.one_of(
    st.none(),
    st.integers(0, 10**9),
    st.text(st.sampled_from("abç ,;\"'#-.7&<"), max_size=4).filter(
        lambda text: text == text.strip()
    ),
)
WEIGHTS = st.one_of(st.integers(0, 10**6), st.floats(0, 10**6).map(lambda x: round(x, 3)))


@pytest.mark.parametrize("header", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6)
@given(rows=st.lists(st.tuples(CELLS, CELLS, WEIGHTS), min_size=1, max_size=8))
def test_as_a_csv_of_the_same_rows(
    needs: Needs, tmp_path: Path, header: bool, rows: list[tuple[Any, Any, Any]]
) -> None:
    needs("python_calamine")
    # Columns in which no cell has anything, before the first that has, are not of the table.
    assume(header or any(source not in (None, "") for source, *_ in rows))
    first = [["source", "target", "weight"]] if header else []
    table = [*first, *map(list, rows)]
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_MINIMAL, lineterminator="\n").writerows(table)
    (tmp_path / "a.csv").write_text(made.getvalue(), encoding="utf-8")
    write_ods(tmp_path / "a.ods", {"s": table}, needs)
    expected = outcome(tmp_path / "a.csv")
    assert outcome(tmp_path / "a.ods") == expected


def outcome(path: Path) -> Any:
    """Links by the text of their names, and how many bad rows; or that there is no graph."""
    try:
        columns, report = read_links(path)
    except FocusmeshError:
        return "an error"
    return [(str(a), str(b), w) for a, b, w in links_of(columns)], report.bad_count


def test_what_pandas_and_polars_write(needs: Needs, tmp_path: Path) -> None:
    needs("openpyxl")
    needs("python_calamine")
    pandas = needs("pandas")
    frame = pandas.DataFrame({"source": [1, 2], "target": [2, 3], "weight": [0.5, 7]})
    frame.to_excel(tmp_path / "a.xlsx")
    columns, report = read_links(tmp_path / "a.xlsx")
    assert links_of(columns) == [(1, 2, 0.5), (2, 3, 7.0)]
    assert "passed over: one without a name" in report.understood


def test_a_few_bytes_that_say_a_huge_sheet(needs: Needs, tmp_path: Path) -> None:
    needs("python_calamine")
    path = tmp_path / "a.xlsx"
    book = needs("openpyxl").Workbook()
    book.active["A1"], book.active["XFD1048576"] = 1, 2
    book.save(path)
    with pytest.raises(InputError, match=r"needs more than 1,0\d\d MiB of memory"):
        read_links(path)
    ods = tmp_path / "a.ods"
    row = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
    cell = 'table:number-columns-repeated="16384" office:value-type="string"><text:p>a</text:p></table:table-cell>'
    write_ods(ods, {"s": []}, needs)
    with zipfile.ZipFile(ods) as archive:
        content = archive.read("content.xml").decode()
    whole = content.replace("</table:table>", f"{row}{cell}</table:table-row></table:table>")
    with zipfile.ZipFile(ods, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("content.xml", whole)
    with pytest.raises(FocusmeshError):
        read_links(ods)


def test_a_zip_bomb_is_refused_before_it_is_opened(needs: Needs, tmp_path: Path) -> None:
    needs("python_calamine")
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
        archive.filelist[0].file_size = 3 << 30
    with pytest.raises(InputError, match="unpacks to 3,221,225,472 bytes, more than is read"):
        read_links(path)


def test_damaged_files(kind: str, needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, {"s": ROWS}, needs)
    whole = path.read_bytes()
    for data in (b"", b"source,target\n", whole[: len(whole) // 2], whole[:30]):
        path.write_bytes(data)
        with pytest.raises((DamagedFileError, InputError)) as caught:
            read_links(path)
        assert str(path) in str(caught.value)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[spreadsheets\]"):
        read_links(tmp_path / "a.xlsx")
