"""Every program comes to what its first line says; the expected results were worked out by hand or by Python."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.rewrite import Limits, Machine, normalise, read_book
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = sorted((ROOT / "tests/engine/rewrite/programs").glob("*.ic"))
LIMITS = Limits(fuel=5_000_000, memory_bytes=1 << 26)
SMALL = Limits(fuel=5_000_000, memory_bytes=1 << 22)


def expected(path: Path) -> tuple[str, str, str]:
    """How it is run, what comes out, and its text."""
    text = path.read_text(encoding="utf-8")
    kind, _, result = text.splitlines()[0].removeprefix("// ").partition(": ")
    return kind, result, text


def run(kind: str, text: str, count: int, limits: Limits) -> str:
    if kind == "norm":
        return normalise(read_book(text), limits=limits).term
    values = Machine(read_book(text), limits=limits).collapse()
    return " ; ".join(islice(values, count) if kind == "first" else values)


def test_there_are_many() -> None:
    assert len(PROGRAMS) >= 40


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["room", "little-room"])
def test_result(path: Path, limits: Limits) -> None:
    kind, result, text = expected(path)
    assert run(kind, text, result.count(";") + 1, limits) == result


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_result_is_read_again_as_it_was_written(path: Path) -> None:
    kind, result, _ = expected(path)
    for value in result.split(" ; ") if kind != "norm" else [result]:
        if kind == "norm" or value.startswith(("#", "1", "2")):
            assert normalise(read_book(value)).term == value
