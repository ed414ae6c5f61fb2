"""Whatever text comes in, it is refused with its place, or runs and ends: nothing else leaves the machine."""

from __future__ import annotations

from itertools import islice

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from focusmesh.engine.rewrite import Limits, Machine, read_book
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError, ProgramError
from tests.engine.rewrite.test_programs import PROGRAMS

LIMITS = Limits(fuel=5_000, memory_bytes=1 << 22)
PIECES = [
    "λ",
    "x",
    ".",
    "(",
    ")",
    "{",
    "}",
    ",",
    ";",
    ":",
    "=",
    "*",
    "@",
    "#",
    "~",
    "!",
    "!!",
    "&",
    "+",
    "-",
    "/",
    "%",
    "0",
    "1",
    "7",
    "a",
    "b",
    "p",
    "@main",
    "#Nil",
    "#Cons",
    "[",
    "]",
    "&0{",
    "!&0{a,b}=",
    "&1{1,2}",
    "1+p:",
    "_:",
    "data",
    "'a'",
    '"a"',
    "(+",
    "λx.",
]
TEXTS = [path.read_text(encoding="utf-8").partition("\n")[2] for path in PROGRAMS]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A program of the suite with a few places cut, doubled, exchanged or written over."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        one, two = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        two = min(two, one + 12)
        piece = draw(st.one_of(st.sampled_from(PIECES), st.just(""), st.just(text[one:two] * 2)))
        text = text[:one] + piece + text[two:]
    return text


def stands_in(text: str, line: int, column: int) -> bool:
    lines = text.split("\n")
    return 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1


def ends(text: str) -> str:
    try:
        machine = Machine(read_book(text), limits=LIMITS)
        list(islice(machine.collapse(), 20))
    except ProgramError as error:
        return "refused" if stands_in(text, error.line, error.column) else "misplaced"
    except (FuelError, MemoryLimitError, ParameterError):
        return "stopped"
    return "done"


@settings(suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_program_ends(text: str) -> None:
    assert ends(text) != "misplaced"


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
def test_pieces_end(text: str) -> None:
    assert ends(text) != "misplaced"


@pytest.mark.parametrize("text", ["\0", "\n\n\n@", "!" * 400, "λ" * 300, "~" * 300, "9" * 5_000])
def test_nonsense_is_refused(text: str) -> None:
    assert ends(text) == "refused"
