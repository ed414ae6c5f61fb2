"""The machine agrees with the published pseudocode: same normal form, same count, same fuel."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

from focusmesh.engine.rewrite import Limits, normalise, read_book
from focusmesh.engine.rewrite.words import OPERATORS
from focusmesh.errors import FuelError
from tests.engine.rewrite.model import OutOfFuelError, normal_form

FUEL = 400
LIMITS = Limits(fuel=FUEL, memory_bytes=1 << 22)
LABELS = st.integers(0, 2)


class Names:
    """Variables of a term being drawn: each is used once at most, and has a name of its own."""

    def __init__(self) -> None:
        self.count = 0

    def fresh(self) -> str:
        self.count += 1
        return f"x{self.count}"


@st.composite
def affine_terms(draw: st.DrawFn, *, pure: bool = False) -> str:
    """A closed term. ``pure``: λ-calculus without duplications and superpositions, which always has a normal form."""
    names = Names()
    kinds = ["lam", "lam", "app", "app"] + ([] if pure else ["sup", "dup", "op", "let"])

    def parts(free: list[str], count: int) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in range(count)]
        for name in free:
            found[draw(st.integers(0, count - 1))].append(name)
        return found

    def leaf(free: list[str]) -> str:
        if free and draw(st.integers(0, 9)) < 9:
            return free[draw(st.integers(0, len(free) - 1))]
        return draw(st.sampled_from(["1", "7", "*"])) if not pure else "λz.z"

    def term(free: list[str], size: int) -> str:
        if size <= 0:
            return leaf(free)
        kind = draw(st.sampled_from(kinds))
        if kind == "lam":
            name = names.fresh()
            return f"λ{name}.{term([*free, name], size - 1)}"
        one, two = parts(free, 2)
        if kind == "app":
            return f"({term(one, size // 2)} {term(two, size // 2)})"
        if kind == "sup":
            return f"&{draw(LABELS)}{{{term(one, size // 2)},{term(two, size // 2)}}}"
        if kind == "op":
            operator = draw(st.sampled_from(OPERATORS))
            left = term(one, size // 2)
            return f"({operator} {left} {term(two, size // 2)})" if left != "*" else left
        if kind == "let":
            name = names.fresh()
            return f"!{name}={term(one, size // 2)};{term([*two, name], size // 2)}"
        left, right = names.fresh(), names.fresh()
        value = term(one, size // 2)
        body = term([*two, left, right], size // 2)
        return f"!&{draw(LABELS)}{{{left},{right}}}={value};{body}"

    return term([], draw(st.integers(1, 24)))


def machine(text: str) -> tuple[str, int] | None:
    try:
        found = normalise(read_book(text), limits=LIMITS)
    except FuelError:
        return None
    return found.term, found.statistics.interactions


def model(text: str) -> tuple[str, int] | None:
    try:
        return normal_form(text, FUEL)
    except OutOfFuelError:
        return None
    except RecursionError:
        assume(False)
        raise


@given(affine_terms())
def test_same_normal_form_and_count(text: str) -> None:
    assert machine(text) == model(text)


@settings(max_examples=60, deadline=None)
@given(affine_terms(pure=True))
def test_pure_affine_terms_end_within_their_size(text: str) -> None:
    found = machine(text)
    assert found is not None
    assert found[1] <= text.count("λ")
    assert found == model(text)


@pytest.mark.parametrize(
    "text",
    [
        "((λf.λx.!&0{f0,f1}=f;(f0 (f1 x)) λB.λT.λF.((B F) T)) λa.λb.a)",
        "!&0{a,b}=λx.&0{x,1};(a (b 2))",
        "!&0{a,b}=&1{λx.x,λy.y};&2{(a 1),(b 2)}",
        "λx.!&0{a,b}=x;!&1{c,d}=a;((b c) d)",
    ],
)
def test_chosen_terms(text: str) -> None:
    assert machine(text) == model(text)


def test_the_default_test_term_takes_sixteen() -> None:
    text = "((λf.λx.!&0{f0,f1}=f;(f0 (f1 x)) λB.λT.λF.((B F) T)) λa.λb.a)"
    assert machine(text) == ("λa.λb.a", 16)


@given(st.sampled_from(OPERATORS), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_operators(operator: str, left: int, right: int) -> None:
    assert machine(f"({operator} {left} {right})") == model(f"({operator} {left} {right})")
