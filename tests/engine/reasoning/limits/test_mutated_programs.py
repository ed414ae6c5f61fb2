"""Mutated programs: whatever the text, an error is the library's and says a line and a column of it."""

from __future__ import annotations

from random import Random

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleView, graph_rules
from focusmesh.errors import FocusmeshError, RuleError
from tests.fuzz.targets.engine.rules import LINKS, seeds

SEEDS = [program.decode() for program in seeds()]
LETTERS = "xyzp_\"'.,:;-!=<>@[](){}+*/%^&|?#$ \n\t09ae\\é\u2028\x00"
PIECES = (
    *(
        "count :",
        "max y :",
        ".decl ",
        ".type ",
        ".input x",
        ".output p",
        ":-",
        "?- ",
        "/*",
        "*/",
        "//",
    ),
    *("axon(x, y, _)", "@focus", "@focus(p, s, b)", "property(", '"size"', "9223372036854775808"),
    *(
        "1e999",
        "0x",
        "match",
        "contains",
        "cat(",
        "p(x) :- ",
        "{",
        "}",
        "(" * 40,
        "symbol",
        "number",
    ),
)
LIMITS = QueryLimits(seconds=2, memory_bytes=1 << 18, rows=100, inferences=2_000)
PARTS = 50
TEXTS = 20_000
"""Texts in a part: a million in all."""
EVALUATED = 10
"""One in so many programs that can be read is evaluated."""


def mutate(chance: Random) -> str:
    """One of the seeds after one to four changes."""
    text = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at, kind = chance.randrange(len(text) + 1), chance.randrange(6)
        end = min(len(text), at + chance.choice((1, 1, 2, 5, 20)))
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:at] + chance.choice(LETTERS) + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(LETTERS) + text[end:]
        elif kind == 3:
            text = text[:at] + chance.choice(PIECES) + text[end:]
        elif kind == 4:
            to = chance.randrange(len(text) + 1)
            text = text[:to] + text[at:end] + text[to:]
        else:
            other = chance.choice(SEEDS)
            text = text[:at] + other[chance.randrange(len(other)) :]
    return text


def verify_place(text: str, error: RuleError) -> None:
    lines = text.split("\n")
    assert 1 <= error.line <= len(lines), text
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1, text
    assert str(error).startswith(f"{error.line}:{error.column}: "), text


def run(part: int, count: int) -> tuple[int, int]:
    """How many texts were refused, and how many programs were evaluated."""
    chance = Random(part)
    graph = fm.Graph.from_edges(LINKS)
    refused = evaluated = 0
    for number in range(count):
        text = mutate(chance)
        try:
            rules = graph_rules(text)
        except RuleError as error:
            verify_place(text, error)
            refused += 1
            continue
        except Exception as error:
            raise AssertionError(text) from error
        if number % EVALUATED:
            continue
        evaluated += 1
        try:
            rules.verify_alone(patterns=False)
            RuleView(graph, rules, limits=LIMITS).changes()
        except FocusmeshError:
            pass
        except Exception as error:
            raise AssertionError(text) from error
    return refused, evaluated


def test_mutated_programs_are_read_or_refused_with_a_place() -> None:
    refused, evaluated = run(PARTS, 2_000)
    assert 1_000 < refused < 2_000
    assert evaluated


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_million_mutated_programs(part: int) -> None:
    refused, evaluated = run(part, TEXTS)
    assert TEXTS // 2 < refused < TEXTS
    assert evaluated


def test_an_unknown_functor_is_shown_in_its_line() -> None:
    with pytest.raises(RuleError, match="2:1: no functor is named foo"):
        graph_rules("p(x) :- axon(x, _, _),\nfoo(x) < 9.")
