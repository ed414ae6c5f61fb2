"""Every evaluator comes to the same terms in the same interactions, however many work on it at once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from focusmesh.engine.rewrite import (
    Limits,
    Statistics,
    collapse,
    evaluation,
    normalise,
    read_book,
)
from focusmesh.engine.rewrite.bulk import Threads, program_of
from focusmesh.engine.rewrite.bulk.marks import ENTRY
from focusmesh.engine.rewrite.words import REF, W32, word
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError, ProgramError
from tests.engine.rewrite.test_machine import COUNT, Expression, expressions, written
from tests.engine.rewrite.test_model import FUEL, affine_terms, model
from tests.engine.rewrite.test_mutations import mutated
from tests.engine.rewrite.test_programs import LIMITS, PROGRAMS, expected

if TYPE_CHECKING:
    from pathlib import Path

HERE = ["lazy", "bulk"]
"""Cards: test_cards.py."""
BULK = [name for name in HERE if name != "lazy"]
WORKERS = [1, 2, 3]
LEFT_TO_LAZY = {
    "church_times",
    "church_two_two",
    "global_scope",
    "label_takes_a_variable_out",
    "pair_in_a_case",
    "pair_in_an_argument",
    "stuck_duplication",
}
"""A variable outside of its binder; results in which a variable is duplicated."""
LONG = {"ackermann", "church_times"}
TREE = """@tree(n) = ~n{0: #Leaf{1}; 1+p: !&0{a,b}=p; #Node{@tree(a),@tree(b)}}
@sum(t) = ~t{#Leaf{x}: x; #Node{l,r}: (+ @sum(l) @sum(r))}
@main = %s"""


def run(kind: str, text: str, count: int, evaluator: str) -> tuple[str, Statistics]:
    running = evaluation(read_book(text), limits=LIMITS, evaluator=evaluator)
    if kind == "norm":
        return running.normalise(), running.statistics()
    values = running.collapse()
    found = islice(values, count) if kind == "first" else values
    return " ; ".join(found), running.statistics()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.soak] * (path.stem in LONG), id=path.stem)
        for path in PROGRAMS
    ],
)
@pytest.mark.parametrize("evaluator", BULK)
def test_programs(path: Path, evaluator: str) -> None:
    kind, result, text = expected(path)
    count = result.count(";") + 1
    _, lazy = run(kind, text, count, "lazy")
    for workers in WORKERS:
        with limited(workers):
            found, took = run(kind, text, count, evaluator)
        assert found == result
        if path.stem not in LEFT_TO_LAZY:
            assert took.evaluator == evaluator
        elif workers == 1:
            # Several workers may also meet in an order in which nothing of it can be seen.
            assert took.evaluator == "lazy"
        if kind != "first":
            assert took.by_opcode == lazy.by_opcode


def machine(text: str, evaluator: str) -> tuple[str, int] | None:
    limits = Limits(fuel=FUEL, memory_bytes=1 << 22)
    try:
        found = normalise(read_book(text), limits=limits, evaluator=evaluator)
    except FuelError:
        return None
    return found.term, found.statistics.interactions


@pytest.mark.parametrize("evaluator", BULK)
@given(text=affine_terms())
def test_same_normal_form_and_count(evaluator: str, text: str) -> None:
    assert machine(text, evaluator) == model(text)


@pytest.mark.parametrize("evaluator", BULK)
@given(text=affine_terms())
def test_same_values(evaluator: str, text: str) -> None:
    def values(evaluator: str) -> list[str] | None:
        limits = Limits(fuel=2_000, memory_bytes=1 << 22)
        try:
            return list(collapse(read_book(text), limits=limits, evaluator=evaluator))
        except (FuelError, MemoryLimitError):
            return None

    assert values(evaluator) == values("lazy")


@pytest.mark.parametrize("evaluator", BULK)
@settings(max_examples=60, deadline=None)
@given(expression=expressions(3))
def test_same_superposed_numbers(evaluator: str, expression: Expression) -> None:
    text = f"#Link{{{written(expression)}}}"
    one, two = (
        evaluation(read_book(text), limits=LIMITS, evaluator=name) for name in ("lazy", evaluator)
    )
    first, second = one.rows("Link", (1,), 1_000), two.rows("Link", (1,), 1_000)
    assert first.values.tolist() == second.values.tolist()
    assert first.other is second.other is None
    assert one.statistics().by_opcode == two.statistics().by_opcode


@pytest.mark.parametrize("evaluator", BULK)
@settings(suppress_health_check=list(HealthCheck))
@given(text=mutated(), workers=st.sampled_from(WORKERS), whole=st.booleans())
def test_mutated_programs(evaluator: str, text: str, workers: int, whole: bool) -> None:
    """Programs with a few places cut, doubled or written over: the same outcome, whatever it is."""

    def outcome(evaluator: str) -> object:
        limits = Limits(fuel=5_000, memory_bytes=1 << 24)
        try:
            running = evaluation(read_book(text), limits=limits, evaluator=evaluator)
            return running.normalise() if whole else list(islice(running.collapse(), 20))
        except FuelError:
            # A stream is cut between generations by bulk evaluators, between values by the lazy one.
            return "out of fuel" if whole else None
        except (MemoryLimitError, ParameterError, ProgramError) as error:
            return type(error)

    with limited(workers):
        one, two = outcome("lazy"), outcome(evaluator)
    assert one == two or one is None or two is None


@pytest.mark.parametrize("evaluator", HERE)
@pytest.mark.parametrize("workers", WORKERS)
def test_fuel_is_exact(evaluator: str, workers: int) -> None:
    book = read_book(TREE % "@sum(@tree(7))")
    with limited(workers):
        needed = normalise(book, limits=LIMITS).statistics.interactions
        assert normalise(book, limits=Limits(fuel=needed), evaluator=evaluator).term == "128"
        with pytest.raises(FuelError, match=f"not done after {needed - 1:,} interactions"):
            normalise(book, limits=Limits(fuel=needed - 1), evaluator=evaluator)


@pytest.mark.parametrize("evaluator", BULK)
@pytest.mark.parametrize("text", ["@main = @main", "@f(x) = @f(#S{x})\n@main = @f(#Z)"])
def test_what_does_not_end_runs_out_of_fuel(evaluator: str, text: str) -> None:
    with pytest.raises(FuelError, match="more fuel"):
        normalise(read_book(text), limits=Limits(100_000, 1 << 27), evaluator=evaluator)


@pytest.mark.parametrize("evaluator", BULK)
@pytest.mark.parametrize("workers", WORKERS)
def test_a_full_heap_is_told(evaluator: str, workers: int) -> None:
    book = read_book("@f(x) = #S{@f(#S{x})}\n@main = @f(#Z)")
    with limited(workers), pytest.raises(MemoryLimitError, match="the lazy evaluator, which"):
        normalise(book, limits=Limits(memory_bytes=1 << 22), evaluator=evaluator)


@pytest.mark.parametrize("evaluator", BULK)
def test_what_was_used_is_used_again(evaluator: str) -> None:
    found = normalise(
        read_book(COUNT % 300_000), limits=Limits(memory_bytes=1 << 22), evaluator=evaluator
    )
    assert found.term == "600000"
    assert found.statistics.cells_alive < 100_000


@pytest.mark.parametrize("evaluator", HERE)
@pytest.mark.parametrize("workers", WORKERS)
def test_wide_results(evaluator: str, workers: int) -> None:
    with limited(workers):
        found = normalise(read_book(TREE % "@tree(9)"), limits=LIMITS, evaluator=evaluator)
    assert found.term.count("#Leaf{1}") == 512


@pytest.mark.parametrize("evaluator", HERE)
def test_a_stream_can_be_cut(evaluator: str) -> None:
    book = read_book("@n(k) = !&1{a,b}=k; &0{a,@n((+ b 1))}\n@main = @n(0)")
    values = collapse(book, evaluator=evaluator)
    assert list(islice(values, 300)) == [str(number) for number in range(300)]
    assert values.statistics().interactions < 10_000


@pytest.mark.parametrize("evaluator", HERE)
@pytest.mark.parametrize(
    ("text", "count_max", "values", "other"),
    [
        ("#Link{&0{1,2},&1{3,4}}", 9, [[1, 3], [1, 4], [2, 3], [2, 4]], None),
        ("#Link{&0{1,2},&1{3,4}}", 2, [[1, 3], [1, 4]], "#Link{2,3}"),
        ("&0{#Link{1,2},&1{#Link{3,λx.x},#Link{5,6}}}", 9, [[1, 2]], "#Link{3,λa.a}"),
        ("&0{#Link{1,2},7}", 9, [[1, 2]], "7"),
        ("*", 9, [], None),
    ],
)
def test_rows(
    evaluator: str, text: str, count_max: int, values: list[list[int]], other: str | None
) -> None:
    found = evaluation(read_book(text), evaluator=evaluator).rows("Link", (2,), count_max)
    assert found.values.tolist() == values
    assert found.other == other


def test_an_unknown_evaluator_is_refused() -> None:
    with pytest.raises(ParameterError, match="evaluator must be one of lazy, bulk"):
        normalise(read_book("1"), evaluator="hasty")


@pytest.mark.parametrize("evaluator", BULK)
def test_a_run_is_made_once(evaluator: str) -> None:
    running = evaluation(read_book("1"), evaluator=evaluator)
    assert running.normalise() == "1"
    with pytest.raises(ParameterError, match="once"):
        running.normalise()


def test_a_fused_kernel_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three opcodes that were met often become one kernel; the same tasks come to the same afterwards."""
    monkeypatch.setattr("focusmesh.engine.rewrite.bulk.threads.SPECIALISED_AFTER", 1_000)
    book = read_book(COUNT % 2_000)
    program = program_of(book)
    tasks = np.array([[word(ENTRY), word(REF, book.number_of("main"))]])
    for specialise in (True, False):
        runner = Threads(program, LIMITS, 2, specialise)
        first = runner.carry_out(tasks).tolist()
        before = runner.counts
        runner.attend()
        assert runner.carry_out(tasks).tolist() == first == [word(W32, 0, 4_000)]
        once_more = {name: count - before[name] for name, count in runner.counts.items()}
        # The call of the program itself is counted from the second time on.
        assert once_more == {**before, "apply": before["apply"] + 1}
        assert sum(runner.fused_counts.values()) > (1_000 if specialise else -1)
        assert bool(runner.fused_counts) == specialise
