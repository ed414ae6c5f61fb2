"""The core cases of ``datalog-conformance``: what Soufflé, Nemo and Crepe say of their own small programs.

Its plug-in is not used, only its cases. Facts there have no declarations: a column has the type of its first value.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from focusmesh.engine.reasoning import QueryLimits, RuleSet
from focusmesh.errors import FocusmeshError, RuleError
from tests.conftest import SOAK

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from focusmesh.engine.reasoning.relations import Relation
    from tests.conftest import LeftOut, Needs

KINDS = ("basic", "errors", "negation", "recursion")
CASES, LARGE = 114, {"souffle_example_hmmer": 2, "souffle_example_lubm": 20}
"""Cases in all, and those of two files whose reading alone takes twenty seconds: with FOCUSMESH_SOAK."""

TYPES = {bool: "bool", int: "number", float: "float", str: "symbol"}
EMPTY = {
    "souffle_evaluation_access1": ".decl Low(a: number, b: number, c: number)",
    "souffle_example_orbits": ".decl star(x: symbol)",
    "souffle_example_orbits1": ".decl star(x: symbol)",
}
"""Relations without rows and rules are declared: the cases name them in bodies alone."""

UNQUOTED = ("souffle_evaluation_minmax", "souffle_example_equal")
"""Soufflé's programs have symbols here. The cases kept the quotation marks in rules and lost them in facts."""

OF_NEMO = "nemo_negation"
LOCAL = {
    "!s3(X, 5, P)": "!s3(X, 5, _)",
    "!s3(X, Z, P)": "!s3(X, Z, _)",
    "!s3(P, Z, Y)": "!s3(_, Z, Y)",
    "!s3(X, P, P)": "!same23(X)",
    "!s3(P, P, Y)": "!same12(Y)",
    "!s3(P, Z, P)": "!same13(Z)",
}
SAME = "same23(x) :- s3(x, p, p). same12(y) :- s3(p, p, y). same13(z) :- s3(p, z, p)."
"""Nemo takes a variable that a negation alone has as "for no value"; Soufflé and these rules refuse it, and say so."""

LIMITS = QueryLimits(inferences=100_000_000)
Case = dict[str, Any]


def read_cases(file: Traversable) -> list[Case]:
    document: Case = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    found: list[Case] = document.get("tests", [document])
    return found


def program_text(name: str, program: Case) -> str:
    lines = [EMPTY[name]] if name in EMPTY else []
    for relation, rows in program["facts"].items():
        columns = (f"c{at}: {TYPES[type(value)]}" for at, value in enumerate(rows[0]))
        lines.append(f".decl {relation}({', '.join(columns)})")
    lines += [f"{rule.replace('not ', '!').rstrip('. ')}." for rule in program["rules"]]
    text = "\n".join(lines)
    return text.replace('"', "") if name in UNQUOTED else text


def differences(cases: list[Case], texts: list[str]) -> list[str]:
    """Relations of the cases of one file that have other rows; a program that they share is evaluated once."""
    wrong, before = list[str](), None
    found: dict[str, Relation] = {}
    for case, text in zip(cases, texts, strict=True):
        if before != (case["program"], text):
            before = case["program"], text
            facts = {name: [*map(tuple, rows)] for name, rows in case["program"]["facts"].items()}
            found = RuleSet(text).evaluate(facts, LIMITS)
        for name, rows in case["expect"].items():
            there = set(found[name].ranks) if name in found else set()
            if there != set(map(tuple, rows)):
                wrong.append(f"{case['name']}: {name}")
    return wrong


def refusal(case: Case, text: str) -> str:
    with pytest.raises(FocusmeshError) as refused:
        RuleSet(text).evaluate(case["program"]["facts"], LIMITS)
    return str(refused.value).partition("\n")[0]


def meant(text: str) -> str:
    """A program of Nemo as rules that are taken."""
    with pytest.raises(RuleError, match="P is not bound"):
        RuleSet(text)
    for written, local in LOCAL.items():
        text = text.replace(written, local)
    return f"{text}\n{SAME}"


def test_core_cases_have_the_rows_that_others_find(needs: Needs, left_out: LeftOut) -> None:
    needs("datalog_conformance")
    root, seen, refused = files("datalog_conformance") / "_tests", 0, dict[str, str]()
    paths = [path for kind in KINDS for path in (root / kind).iterdir()]
    for path in sorted(paths, key=lambda each: each.name):
        name = path.name.removesuffix(".yaml")
        if name in LARGE and not SOAK:
            seen += LARGE[name]
            left_out("cases of Datalog that are long to read", name)
            continue
        cases = read_cases(path)
        seen += len(cases)
        texts = [program_text(name, case["program"]) for case in cases]
        if "expect_error" in cases[0]:
            refused |= {cases[0]["expect_error"]: refusal(cases[0], texts[0])}
            assert len(cases) == 1
            continue
        assert differences(cases, [*map(meant, texts)] if name == OF_NEMO else texts) == []
    assert seen == CASES
    assert refused == {
        "SafetyViolationError": "2:32: Y is not bound: add a positive atom with Y",
        "arity_mismatch": "Fib has 3 columns, and the row (1, 1) has 2",
        "cyclic_negation": "1:9: a cycle goes through a negation, an aggregate or an operator: Ok → Ok",
        "safety_violations": "1:4: _ stands for any value, so it has none here",
        "unbound_variable": "1:3: X is not bound: add a positive atom with X",
    }
