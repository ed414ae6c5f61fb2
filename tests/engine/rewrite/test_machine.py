"""Words, tables, limits, statistics, and collapse as a stream."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import islice, product
from typing import TYPE_CHECKING, TypeAlias

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from focusmesh.engine.rewrite import (
    ELIMINATORS,
    OPCODES,
    RULES,
    TABLE,
    VALUES,
    Limits,
    Machine,
    normalise,
    read_book,
    reduce,
)
from focusmesh.engine.rewrite import words as w
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = Limits(memory_bytes=1 << 22)
COUNT = "@count(!n !k) = ~n !k {0: k; 1+p: @count(p (+ k 2))}\n@main = @count(%d 0)"
Expression: TypeAlias = "int | tuple[str, int, Expression, Expression]"


def test_the_table_has_sixty_four_opcodes() -> None:
    assert len(TABLE) == len(ELIMINATORS) * len(VALUES) == 64
    for (eliminator, value), opcode in RULES.items():
        assert TABLE[8 * ELIMINATORS.index(eliminator) + VALUES.index(value)] == opcode
    assert Counter(OPCODES[opcode] for opcode in TABLE) == {
        "apply": 15,
        "duplicate": 6,
        "distribute": 5,
        "succ": 2,
        "switch": 2,
        "collapse": 34,
    }


def test_a_word_is_two_lanes() -> None:
    cells = np.array(
        [w.word(w.SUP, 0x2A5A5, 0x1234567), w.SUBSTITUTED | w.word(w.W32, 0, 2**32 - 1)]
    )
    low, high, number, sign = cells.view(np.uint32).tolist()
    assert low == 0x1234567
    assert high == w.SUP << 26 | 0x2A5A5 << 8
    assert number == 2**32 - 1
    assert sign == 1 << 31 | w.W32 << 26
    term = int(cells[0])
    assert (w.tag_of(term), w.label_of(term), w.low_of(term)) == (w.SUP, 0x2A5A5, 0x1234567)


def test_statistics_of_a_loop() -> None:
    found = normalise(read_book(COUNT % 50_000), limits=SMALL)
    assert found.term == "100000"
    # Six an iteration, and three in the end: the case, its variable, the call before.
    assert found.statistics.interactions == 6 * 50_000 + 3
    assert sum(found.statistics.by_opcode.values()) == found.statistics.interactions
    assert found.statistics.by_opcode["succ"] == 2 * 50_000
    assert found.statistics.collections == 0


@pytest.mark.parametrize("run", [reduce, normalise])
def test_fuel_is_counted_exactly(run: Callable[..., object]) -> None:
    book = read_book(COUNT % 100)
    assert run(book, limits=Limits(fuel=603))
    with pytest.raises(FuelError, match="not done after 602 interactions"):
        run(book, limits=Limits(fuel=602))


@pytest.mark.parametrize("text", ["@main = @main", "@f(x) = @f(#S{x})\n@main = @f(#Z)"])
def test_what_does_not_end_runs_out_of_fuel(text: str) -> None:
    with pytest.raises(FuelError, match="more fuel"):
        reduce(read_book(text), limits=Limits(fuel=100_000, memory_bytes=1 << 27))


def test_what_grows_runs_out_of_memory() -> None:
    text = "@f(x) = #S{@f(#S{x})}\n@main = @f(#Z)"
    with pytest.raises(MemoryLimitError, match="not done in 4,194,304 B"):
        normalise(read_book(text), limits=SMALL)
    with pytest.raises(MemoryLimitError, match="more memory"):
        reduce(read_book("@f(!x) = (+ 1 @f(x))\n@main = @f(1)"), limits=SMALL)


def test_a_deep_term_needs_no_recursion() -> None:
    text = """@nat(n) = ~n{0: #Z; 1+p: #S{@nat(p)}}
@u32(n) = ~n{#Z: 0; #S{p}: (+ 1 @u32(p))}
@main = @u32(@nat(100000))"""
    assert normalise(read_book(text)).term == "100000"
    assert (
        normalise(read_book(text.replace("@u32(@nat(100000))", "@nat(9999)"))).term.count("#S")
        == 9999
    )


@pytest.mark.parametrize(
    "limits", [Limits(fuel=0), Limits(memory_bytes=1), Limits(memory_bytes=1 << 40)]
)
def test_limits_have_ranges(limits: Limits) -> None:
    with pytest.raises(ParameterError, match="must be"):
        normalise(read_book("1"), limits=limits)


def test_weak_head_normal_form_leaves_the_rest() -> None:
    assert reduce(read_book("#P{(+ 1 2),3}")).term == "#P{(+ 1 2),3}"
    assert reduce(read_book("λx.(+ 1 2)")).statistics.interactions == 0


def test_a_stream_can_be_cut() -> None:
    machine = Machine(read_book("@n(k) = !&1{a,b}=k; &0{a,@n((+ b 1))}\n@main = @n(0)"))
    assert list(islice(machine.collapse(), 1_000)) == [str(number) for number in range(1_000)]
    assert machine.statistics().interactions < 10_000


def test_values_come_before_fuel_ends() -> None:
    machine = Machine(read_book("@loop = @loop\n@main = &0{1,@loop}"), limits=Limits(fuel=1_000))
    values = machine.collapse()
    assert next(values) == "1"
    with pytest.raises(FuelError):
        next(values)


def test_breadth_first_finds_what_depth_first_would_not() -> None:
    left = "@deep = &0{@deep,@deep}\n@main = &1{@deep,&2{1,2}}"
    assert list(islice(Machine(read_book(left)).collapse(), 2)) == ["1", "2"]


def expressions(label: int) -> st.SearchStrategy[Expression]:
    """Sums of superpositions of numbers, with a few labels."""
    return st.recursive(
        st.integers(0, 9),
        lambda inner: st.one_of(
            st.tuples(st.just("+"), st.just(0), inner, inner),
            st.tuples(st.just("&"), st.integers(0, label), st.integers(0, 9), st.integers(0, 9)),
        ),
        max_leaves=6,
    )


def written(expression: Expression) -> str:
    if isinstance(expression, int):
        return str(expression)
    kind, label, left, right = expression
    if kind == "+":
        return f"(+ {written(left)} {written(right)})"
    return f"&{label}{{{written(left)},{written(right)}}}"


def labels_of(expression: Expression) -> set[int]:
    if isinstance(expression, int):
        return set()
    kind, label, left, right = expression
    return labels_of(left) | labels_of(right) | ({label} if kind == "&" else set())


def chosen(expression: Expression, sides: dict[int, int]) -> int:
    if isinstance(expression, int):
        return expression
    kind, label, left, right = expression
    if kind == "+":
        return chosen(left, sides) + chosen(right, sides)
    return chosen((left, right)[sides[label]], sides)


@given(expressions(3))
def test_a_label_is_one_choice(expression: Expression) -> None:
    """Every superposition of one label takes the same side; each assignment of sides gives one value."""
    labels = sorted(labels_of(expression))
    expected = Counter(
        str(chosen(expression, dict(zip(labels, sides, strict=True))))
        for sides in product((0, 1), repeat=len(labels))
    )
    values = Machine(read_book(written(expression)), limits=SMALL).collapse()
    assert Counter(values) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(λx.1 x)",
        "(λx.1 #S{x})",
        "&0{(λx.1 y),(λy.1 x)}",
        "!&0{a,b}=a;b",
        "!&0{a,b}=#S{a};b",
        "λx.!&0{a,b}=(x a);b",
        "((λx.1 y) (λy.1 x))",
        "(λx.(1 y) (λy.1 x))",
    ],
)
@pytest.mark.parametrize("way", ["normalise", "collapse"])
def test_a_term_that_stands_in_itself_ends(text: str, way: str) -> None:
    """Variables are global, so such terms can be written; they end with an error or as what is left of them."""
    machine = Machine(read_book(text), limits=Limits(fuel=10_000, memory_bytes=1 << 22))
    try:
        found = list(islice(getattr(machine, way)(), 1_000))
    except (FuelError, MemoryLimitError):
        found = ["ended"]
    assert found


def test_much_that_is_little_ends() -> None:
    """A tower of duplications has 2⁶⁰ applications to walk and no interaction to count."""
    tower = "".join(
        f"!&{at}{{f{at}a,f{at}b}}=f{at};!f{at + 1}=λx.(f{at}a (f{at}b x));" for at in range(60)
    )
    machine = Machine(read_book(f"λf0.{tower} f60"), limits=Limits(10_000, 1 << 22))
    with pytest.raises(FuelError):
        list(machine.collapse())


def test_a_queue_that_is_nearly_full_is_full() -> None:
    """Its values wait in all of the queue but 16 places: it would be moved to the front at every few interactions."""
    wide = "@tree(3)"
    for height in range(4, 16):
        wide = f"&0{{{wide},@tree({height})}}"
    text = "@waits = &0{*,@waits} @tree(n) = ~n{0: @waits; 1+p: !&1{a,b}=p; &0{@tree(a),@tree(b)}}"
    machine = Machine(read_book(f"{text} @main = {wide}"), limits=Limits(1 << 20, 1 << 22))
    with pytest.raises(MemoryLimitError):
        list(machine.collapse())


def test_a_machine_runs_once() -> None:
    machine = Machine(read_book("(+ 1 2)"), limits=SMALL)
    assert machine.normalise() == "3"
    with pytest.raises(ParameterError, match="runs only once"):
        machine.normalise()


def test_an_interrupt_ends_a_run() -> None:
    text = "import os, signal, threading\n"
    text += "threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    text += "from focusmesh.engine.rewrite import *\nnormalise(read_book('@main = @main'))"
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"
