"""Strings in the text of a term: what is shown reads back as the same term."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.rewrite import Limits, Machine, read_book, show_strings

LIMITS = Limits(fuel=100_000, memory_bytes=1 << 24)


def normal_form(text: str) -> str:
    return Machine(read_book(text), limits=LIMITS, compiled=False).normalise()


def as_list(codes: list[int]) -> str:
    return "".join(f"#Cons{{{code}," for code in codes) + "#Nil" + "}" * len(codes)


@pytest.mark.parametrize(
    ("term", "shown"),
    [
        ("#Cons{72,#Cons{105,#Nil}}", '"Hi"'),
        ("#P{#Cons{955,#Nil},7}", '#P{"λ",7}'),
        ("#Cons{#Cons{97,#Nil},#Cons{98,#Nil}}", '#Cons{"a","b"}'),
        ("#Cons{34,#Cons{92,#Cons{10,#Cons{9,#Nil}}}}", r'"\"\\\n\t"'),
        ("#Nil", "#Nil"),
        ("#Cons{0,#Cons{97,#Nil}}", "#Cons{0,#Cons{97,#Nil}}"),
        ("#Cons{4294967295,#Nil}", "#Cons{4294967295,#Nil}"),
        ("#Cons{55296,#Nil}", "#Cons{55296,#Nil}"),
        ("λa.#Cons{97,a}", "λa.#Cons{97,a}"),
    ],
)
def test_what_is_shown(term: str, shown: str) -> None:
    assert show_strings(term) == shown


@given(st.lists(st.text(max_size=6), max_size=5), st.lists(st.integers(0, 300), max_size=4))
def test_it_reads_back_as_the_same_term(texts: list[str], codes: list[int]) -> None:
    parts = [as_list([ord(sign) for sign in text]) for text in texts] + [as_list(codes)]
    term = f"#T{{{','.join(parts)}}}"
    assert normal_form(f"@main = {show_strings(term)}") == term
    for text in texts:
        if text and text.isprintable():
            assert as_list([ord(sign) for sign in text]) not in show_strings(term)


def test_long_numbers_and_long_lists_without_an_end_stay_as_they_are() -> None:
    """Python reads no number of 5,000 digits; the list would take minutes if each of its links began a search."""
    for term in (f"#Cons{{{'9' * 5_000},#Nil}}", "#Cons{72," * 200_000 + "x" + "}" * 200_000):
        assert show_strings(term) == term
