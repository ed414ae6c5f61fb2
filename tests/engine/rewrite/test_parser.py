"""What is wrong with a text, and where."""

from __future__ import annotations

import pickle

import pytest

from focusmesh.engine.rewrite import normalise, read_book
from focusmesh.errors import InputError, ParameterError, ProgramError

WRONG = {
    "": (1, 1, "a term is missing"),
    "λx.": (1, 4, "a term is missing before the end of the text"),
    "λx.\n  (x x)": (2, 6, "x was used before, at 2:4; duplicate it: !&0{x0,x1}=x;"),
    "λx.y": (1, 4, "no variable is named y"),
    "&0{x,&0{λx.1,λx.2}}": (1, 4, "more than one variable is named x"),
    "&0{x,&0{x,λx.2}}": (1, 9, "x was used before"),
    "(1 2": (1, 5, "a term is missing"),
    "(+ 1)": (1, 5, "a term is missing before )"),
    "(+ 1 2 3)": (1, 8, ") is missing before 3"),
    "1 2": (1, 3, "2 after the end of @main"),
    "é": (1, 1, "cannot begin anything"),
    "@main = @none": (1, 10, "@none is not defined"),
    "@f(a) = a\n@main = @f(1 2)": (2, 10, "@f takes 1 arguments, not 2"),
    "@f = 1\n@f = 2": (2, 2, "@f is defined twice"),
    "[#P{1} #P{1,2}]": (1, 9, "#P has 2 fields here and 1 elsewhere"),
    "data L { #C{a b} }\n@main = #C{1}": (2, 10, "#C has 1 fields here and 2 elsewhere"),
    "4294967296": (1, 1, "above 4294967295"),
    "0x100000000": (1, 1, "above 4294967295"),
    "0x1g": (1, 1, "cannot begin"),
    "&262144{1,2}": (1, 2, "a label is a number up to 262,143"),
    "&x{1,2}": (1, 2, "a label is a number"),
    "~1{0: 2}": (1, 3, "the last case must be for all other numbers"),
    "~1{1: 2; _: 3}": (1, 4, "cases are 0, 1, 2"),
    "~1{}": (1, 3, "the last case"),
    "~x{#A: 1; #A: 2}": (1, 12, "#A has two cases"),
    "~1{0: 1; _: 2; _: 3}": (1, 16, "a case after the one for all other numbers"),
    "~#A {b: 1; #A: 2}": (1, 12, "a case after the one for all other constructors"),
    "(" * 200 + "1" + ")" * 200: (1, 151, "more than 150 deep"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_text_is_placed(text: str) -> None:
    line, column, message = WRONG[text]
    with pytest.raises(ProgramError) as caught:
        read_book(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{line}:{column}: ")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert isinstance(caught.value, InputError)


def test_a_call_is_no_definition() -> None:
    """Its first argument may begin as the parameters of one do."""
    text = "@first(a b) = a\n@main = @first(!x=@first(!!y=1; y 2) x 3)"
    assert normalise(read_book(text)).term == "1"


def test_long_chains_are_not_deep() -> None:
    chain = "".join(f"!x{at + 1}=(+ x{at} 1);" for at in range(2_000))
    assert normalise(read_book(f"!x0=0;{chain} x2000")).term == "2000"
    numbers = " ".join(map(str, range(5_000)))
    term = normalise(read_book(f"[{numbers}]")).term
    assert term.startswith("#Cons{0,#Cons{1,")
    assert term.count("#Cons") == 5_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("λf λx (f x)", "λf.λx.(f x);"),
        ("!&0{a b}=1 (+ a b)", "!&0{a,b}=1;(+ a, b)"),
        ("\\x.x", "λx. x // the same"),
        ("#A", "#A{}"),
        ("(- 1_000 1)", "999"),
        ("0xFF_ff", "65535"),
        ("(+ 0x0 0Xa)", "10"),
        ("((λx.λy.x 1) 2)", "(λx.λ_.x 1 2)"),
    ],
)
def test_ways_to_write_the_same(one: str, other: str) -> None:
    assert normalise(read_book(one)).term == normalise(read_book(other)).term


def test_a_definition_is_named() -> None:
    book = read_book("@one = 1\n@id(x) = x\n@two = @id(2)")
    assert normalise(book, "two").term == "2"
    with pytest.raises(ParameterError, match=r"@main is not defined; there are @one, @id, @two"):
        normalise(book)
    with pytest.raises(ParameterError, match="takes arguments"):
        normalise(book, "id")


def test_characters_are_numbers_and_strings_lists() -> None:
    assert normalise(read_book("'λ'")).term == "955"
    assert normalise(read_book(r"['\n' '\'' '\\']")).term == normalise(read_book("[10 39 92]")).term
    assert normalise(read_book(r'"a\"b"')).term == normalise(read_book("[97 34 98]")).term
    assert normalise(read_book('""')).term == "#Nil"


def test_many_parameters() -> None:
    names = [f"x{at}" for at in range(70)]
    numbers = " ".join(map(str, range(70)))
    text = f"@f({' '.join(names)}) = (- x69 x3)\n@main = @f({numbers})"
    assert normalise(read_book(text)).term == "66"
    assert normalise(read_book(text.replace("x61 x62", "!x61 x62", 1))).term == "66"
    with pytest.raises(ProgramError, match="only the first 62 parameters can be strict"):
        read_book(text.replace("x62 x63", "!x62 x63", 1))
    many = [f"x{at}" for at in range(201)]
    with pytest.raises(ProgramError, match="more than 200 parameters"):
        read_book(f"@f({' '.join(many)}) = 1")
