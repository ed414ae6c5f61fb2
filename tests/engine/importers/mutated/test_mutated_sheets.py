"""Mutated spreadsheets, 300 a format: an error that names the file, bad rows that are told, or what openpyxl reads.

Half of them are mutated as files, which their archive mostly notices; half are whole archives of mutated XML.
"""

from __future__ import annotations

import io
import zipfile
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.formats.tables import spreadsheet
from focusmesh.errors import DamagedFileError, FocusmeshError, InputError
from tests.engine.importers.files import links_of
from tests.engine.importers.formats.test_spreadsheets import WRITERS
from tests.engine.importers.mutated.sheet_zygote import SheetZygote
from tests.engine.importers.test_mutated_peers import LINKS, Links, mutated

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.conftest import Measured, Needs

MUTANTS = 300
HEADER = ["source", "target", "weight"]
CONTENTS = {"xl/worksheets/sheet1.xml", "content.xml"}


@pytest.fixture
def zygote(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> Generator[SheetZygote, None, None]:
    needs("python_calamine")
    with SheetZygote() as made:
        monkeypatch.setattr(spreadsheet, "subprocess", made)
        monkeypatch.setattr(spreadsheet, "_SECONDS", 1)
        yield made


def packed_anew(data: bytes, random: Random) -> bytes:
    """An archive whose table is mutated, and that is otherwise whole."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(made, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, mutated(content, random) if name in CONTENTS else content)
    return made.getvalue()


def by_openpyxl(data: bytes, openpyxl: Any) -> Links | None:
    """What openpyxl reads; None where it refuses the file, or a cell has a type that it does not know."""
    try:
        rows = iter(
            openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
        )
        assert list(next(rows)[:3]) == HEADER
        return [(str(a or 1 / 0), str(b or 1 / 0), float(weight)) for a, b, weight in rows]
    except Exception:
        # Whatever another reader raises is its own way to refuse a file.
        return None


@pytest.mark.parametrize("kind", WRITERS)
def test_never_a_wrong_sheet_in_silence(
    tmp_path: Path, needs: Needs, measured: Measured, zygote: SheetZygote, kind: str
) -> None:
    path, random = tmp_path / f"a.{kind}", Random(29)
    WRITERS[kind](path, {"links": [HEADER, *map(list, LINKS)]}, needs)
    whole, compared, told = path.read_bytes(), 0, 0
    for at in range(MUTANTS):
        is_archive = at % 2 == 0 and kind != "xls"
        data = packed_anew(whole, random) if is_archive else mutated(whole, random)
        path.write_bytes(data)
        try:
            columns, report = read_links(path)
        except FocusmeshError as error:
            assert str(path) in str(error)  # noqa: PT017
            told += 1
            continue
        columns.verify()
        if report.bad_count or report.warnings:
            assert all(bad.file == str(path) and bad.line >= 1 for bad in report.bad)
            told += 1
            continue
        expected = by_openpyxl(data, needs("openpyxl")) if kind == "xlsx" else None
        if expected is not None:
            found = [(str(a), str(b), weight) for a, b, weight in links_of(columns)]
            assert sorted(found) == sorted(expected), data
            compared += 1
    measured(f"{kind}: {told} told, {compared} compared of {MUTANTS}")
    assert told >= MUTANTS // 10
    assert compared >= MUTANTS // 10 or kind != "xlsx"
    assert zygote.started_count >= MUTANTS // 2
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_fork_may_take_no_more_than_a_process(
    tmp_path: Path, needs: Needs, zygote: SheetZygote
) -> None:
    path, book = tmp_path / "a.xlsx", needs("openpyxl").Workbook()
    book.active["A1"], book.active["XFD1048576"] = 1, 2
    book.save(path)
    with pytest.raises(InputError, match=r"needs more than 1,0\d\d MiB of memory"):
        read_links(path)
    assert zygote.started_count == 1


def test_a_sheet_that_never_ends_is_damaged(
    tmp_path: Path, needs: Needs, zygote: SheetZygote
) -> None:
    path, packed = tmp_path / "a.ods", io.BytesIO()
    WRITERS["ods"](path, {"links": [HEADER, ["a", "b", 1]]}, needs)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(packed, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name).replace(b"</table:table>", b""))
    path.write_bytes(packed.getvalue())
    with pytest.raises(DamagedFileError, match=r"a\.ods cannot be .* more than 1 s of a processor"):
        read_links(path)
    assert zygote.started_count == 1
