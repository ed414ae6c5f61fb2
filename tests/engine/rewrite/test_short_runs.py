"""Without machine code: the same terms, values and counts; a longer run is compiled, as if nothing had been before."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from focusmesh.engine.rewrite import Limits, Machine, Statistics, read_book
from focusmesh.engine.rewrite.marks import LIMIT, ROOM
from focusmesh.engine.rewrite.short_runs import ShortRun
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError
from tests.engine.rewrite.test_evaluators import TREE
from tests.engine.rewrite.test_machine import COUNT, expressions, written
from tests.engine.rewrite.test_model import affine_terms, model
from tests.engine.rewrite.test_programs import LIMITS, PROGRAMS, expected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.rewrite.test_machine import Expression

FEW = Limits(fuel=20_000, memory_bytes=1 << 24)
LONG = "@main = #S{" + ",".join(f"&{at}{{0,1}}" for at in range(9)) + "}"
"""512 values, more interactions than a short run has."""


def outcome(kind: str, text: str, count: int, machine: Machine) -> tuple[str, Statistics]:
    if kind == "norm":
        return machine.normalise(), machine.statistics()
    values = machine.collapse()
    found = " ; ".join(islice(values, count) if kind == "first" else values)
    return found, machine.statistics()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs(path: Path) -> None:
    kind, result, text = expected(path)
    count = result.count(";") + 1
    try:
        found = outcome(kind, text, count, Machine(read_book(text), limits=FEW, compiled=False))
    except FuelError:
        with pytest.raises(FuelError):
            outcome(kind, text, count, Machine(read_book(text), limits=FEW))
        return
    assert found[0] == result
    assert found == outcome(kind, text, count, Machine(read_book(text), limits=FEW))


@given(text=affine_terms())
def test_same_normal_form_and_count(text: str) -> None:
    machine = Machine(read_book(text), limits=LIMITS, compiled=False)
    meant = model(text)
    if meant is not None:
        assert (machine.normalise(), machine.statistics().interactions) == meant


@settings(max_examples=60)
@given(expression=expressions(3))
def test_same_rows(expression: Expression) -> None:
    book = read_book(f"#Link{{{written(expression)}}}")
    one, two = (Machine(book, limits=LIMITS, compiled=compiled) for compiled in (False, True))
    assert one.rows("Link", (1,), 99).values.tolist() == two.rows("Link", (1,), 99).values.tolist()
    assert one.statistics() == two.statistics()


def test_collections_without_machine_code() -> None:
    book, limits = read_book(TREE % "@sum(@tree(9))"), Limits(memory_bytes=1 << 22)
    runs = [Machine(book, limits=limits, compiled=compiled) for compiled in (False, True)]
    for run in runs:
        run._marks[[LIMIT, ROOM]] = 500
    assert runs[0].normalise() == runs[1].normalise()
    assert runs[0].statistics() == runs[1].statistics()
    assert runs[0].statistics().collections > 1


def test_a_longer_run_gives_each_value_once_and_in_order() -> None:
    book = read_book(LONG)
    short = ShortRun(book, "main", LIMITS)
    compiled = Machine(book, limits=LIMITS)
    assert list(short.collapse()) == list(compiled.collapse())
    assert short.statistics() == compiled.statistics()
    assert short.statistics().interactions > 2_000


def test_what_ends_a_run_is_what_the_caller_allows() -> None:
    book = read_book(COUNT % 1_000_000)
    with pytest.raises(FuelError, match="not done after 5,000 interactions"):
        ShortRun(book, "main", Limits(fuel=5_000)).normalise()
    with pytest.raises(FuelError, match="not done after 50 interactions"):
        ShortRun(book, "main", Limits(fuel=50)).normalise()
    deep = read_book("@f(n) = ~n{0: 0; 1+p: (+ 1 @f(p))}\n@main = @f(3000000)")
    with pytest.raises(MemoryLimitError):
        ShortRun(deep, "main", Limits(memory_bytes=1 << 22)).normalise()
    with pytest.raises(ParameterError, match="fuel must be"):
        ShortRun(book, "main", Limits(fuel=0))


PROCESS = """
import json
from focusmesh.engine.rewrite import normalise, read_book
from focusmesh.engine.rewrite.normal_form_compiled import normal
sums = [normalise(read_book(f"(+ {at} 2)")).term for at in range(20)]
before = len(normal.signatures)
normalise(read_book("@count(!n !k) = ~n !k {0: k; 1+p: @count(p (+ k 2))}\\n@main = @count(30000 0)"))
print(json.dumps([sums, before, len(normal.signatures)]))
"""


def test_short_programs_load_no_machine_code_and_a_long_one_does() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], capture_output=True, text=True, timeout=300, check=True
    )
    sums, before, after = json.loads(done.stdout)
    assert sums == [str(at + 2) for at in range(20)]
    assert (before, after) == (0, 1)
