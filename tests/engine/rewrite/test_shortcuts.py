"""Shortcuts come to what copies of the definitions come to, in as many interactions, with and without room and fuel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from focusmesh.engine.rewrite import Book, Limits, Statistics, normalise, read_book
from focusmesh.engine.rewrite.marks import SHORTCUT
from focusmesh.engine.rewrite.shortcuts import CELLS_MAX
from focusmesh.errors import FuelError
from tests.engine.rewrite.test_programs import PROGRAMS, expected

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(fuel=3_000_000, memory_bytes=1 << 24)
LOOPS = {
    "count": "@f(!n k) = ~n !k {0: k; 1+p: @f(p (+ k 2))}\n@main = @f(300 0)",
    "late": "@f(n k) = ~n !k {0: k; 1+p: @f((- (+ p 1) 1) (+ 2 k))}\n@main = @f((+ 100 200) (* 1 1))",
    "sum": """
        @range(n xs) = ~n !xs {0: xs; 1+p: !&0{a,b}=p; @range(a #Cons{b,xs})}
        @sum(!xs r) = ~xs !r {#Nil: r; #Cons{head,tail}: @sum(tail (+ head r))}
        @main = @sum(@range(200 #Nil) 0)""",
    "nested": """
        @f(n s) = !&0{a,b}=n; ~a !b !s {0: s; 1+p: ~(% b 3) !p !s {0: @f(p (+ s 1)); 1: @f(p s); 2+q: @f(p (+ q s))}}
        @main = @f(1 5)""",
    "mutual": """
        @even(n) = ~n {0: 1; 1+p: @odd(p)}
        @odd(n) = ~n {0: 0; 1+p: @even(p)}
        @main = (+ @even(100) @odd(77))""",
    "let": "@f(n s) = ~n !s {0: s; 1+p: !&0{a,b}=p; !!t=(+ s a); @f(b t)}\n@main = @f(100 1)",
    "waiting let": "@g(n) = (* n 2)\n@f(n s) = ~n !s {0: s; 1+p: !!t=@g(s); @f(p (& t 255))}\n@main = @f(9 1)",
    "pair": "@f(n) = ~n {0: 7; 1+p: (+ p 1)}\n@main = @f(&0{0,&1{5,*}})",
    "default": "@f(x) = ~x {#A{y}: y; other: #B{other}}\n@main = #P{@f(#A{1}),@f(#C{2,3})}",
    "stuck": "@f(n) = ~n {0: 7; 1+p: (* p 2)}\n@main = λx.@f((+ x 1))",
    "lambda": "@f(n) = ~n {0: λx.λy.x; 1+p: λx.(@f(p) (+ x 1))}\n@main = ((@f(3) 4) 5)",
    "eraser": "@f(n) = ~n {0: *; 1+p: @f(p)}\n@main = #P{@f(4),@f(*)}",
    "outside": "@f(n) = ~n {0: x; 1+p: λx.p}\n@main = @f(3)",
}


def plain(book: Book) -> Book:
    """The same, without shortcuts."""
    rows = book.definitions.copy()
    rows[:, SHORTCUT] = 0
    return replace(book, definitions=rows)


def outcome(book: Book, fuel: int = LIMITS.fuel) -> tuple[str, int, dict[str, int]]:
    found = normalise(book, limits=replace(LIMITS, fuel=fuel))
    took: Statistics = found.statistics
    return found.term, took.interactions, took.by_opcode


@pytest.mark.parametrize("name", LOOPS)
def test_same_as_a_copy(name: str) -> None:
    book = read_book(LOOPS[name])
    assert outcome(book) == outcome(plain(book))


@pytest.mark.parametrize("name", ["count", "sum", "nested", "let"])
def test_fuel_is_exact(name: str) -> None:
    book = read_book(LOOPS[name])
    interactions = outcome(book)[1]
    assert outcome(book, interactions)[1] == interactions
    with pytest.raises(FuelError):
        outcome(book, interactions - 1)


def test_which_definitions_have_one() -> None:
    book = read_book(LOOPS["sum"])
    assert book.definitions[:, SHORTCUT].astype(bool).tolist() == [True, True, True]
    # A variable that stands outside of its binder, and a body of many parts, are copied.
    assert not read_book(LOOPS["outside"]).definitions[0, SHORTCUT]
    wide = ",".join(["#A"] * 100)
    deep = "".join(f"1+p{n}: ~p{n} {{0: #W{{{wide}}} " for n in range(CELLS_MAX // 100))
    text = f"@f(n) = ~n {{0: 0 {deep} _: 0 {'}' * (CELLS_MAX // 100 + 1)}\n@main = @f(0)"
    assert not read_book(text).definitions[0, SHORTCUT]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_as_copies(path: Path) -> None:
    kind, result, text = expected(path)
    if kind == "norm":
        assert outcome(plain(read_book(text)))[0] == result


@st.composite
def numeric_definitions(draw: st.DrawFn) -> str:
    """``@f(n a b)``: n falls with each call; its cases compute, match and duplicate numbers."""
    counter = [0]

    def fresh() -> str:
        counter[0] += 1
        return f"v{counter[0]}"

    def number(free: list[str]) -> str:
        kind = draw(st.integers(0, 5))
        if kind <= 2 and free:
            return free.pop(draw(st.integers(0, len(free) - 1)))
        if kind <= 3:
            return str(draw(st.integers(0, 9)))
        if kind == 4:
            return f"@g({draw(st.integers(0, 3))})"
        operator = draw(st.sampled_from(["+", "-", "*", "/", "%", "<", "=="]))
        left = number(free)
        return f"({operator} {left} {number(free)})"

    def body(free: list[str], depth: int, call: str | None) -> str:
        kind = draw(st.integers(0, 4)) if depth else 4
        if kind == 0 and free:
            one, two, value = fresh(), fresh(), number(free)
            return f"!&0{{{one},{two}}}={value}; {body([*free, one, two], depth - 1, call)}"
        if kind == 1:
            name, value = fresh(), number(free)
            return f"!!{name}={value}; {body([*free, name], depth - 1, call)}"
        if kind in (2, 3):
            value, rest = number(free), fresh()
            moved = "".join(f" !{name}" for name in free) + (f" !{call}" if call else "")
            zero = body(list(free), depth - 1, call)
            more = body([*free, rest], depth - 1, call)
            return f"~{value}{moved} {{0: {zero}; 1+{rest}: {more}}}"
        if call is None:
            return f"#R{{{number(free)},{number(free)}}}"
        return f"@f({call} {number(free)} {number(free)})"

    last = body(["a", "b"], 1, None)
    more = body(["a", "b"], 3, "p")
    return (
        "@g(n) = ~n {0: 5; 1+p: (+ p 3)}\n"
        f"@f(n {draw(st.sampled_from(['a', '!a']))} b) = ~n !a !b {{0: {last}; 1+p: {more}}}\n"
        f"@main = @f({draw(st.integers(0, 6))} {draw(st.integers(0, 9))} @g(2))"
    )


@given(numeric_definitions())
def test_numeric_definitions(text: str) -> None:
    book = read_book(text)
    term, interactions, _ = outcome(book)
    copied, needed, _ = outcome(plain(book))
    assert (term, interactions) == (copied, needed)
