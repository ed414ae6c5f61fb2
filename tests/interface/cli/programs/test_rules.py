"""``focusmesh rules``: what is printed, in text and in JSON, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

TEXT = """.decl blocked(p: particle) .input blocked
.output path
path(x, y) :- axon(x, y, _), !blocked(y).
path(x, z) :- path(x, y), path(y, z).
ends(x, n) :- path(x, _), n = count : path(x, _).
"""


@pytest.fixture
def links(tmp_path: Path) -> Path:
    path = tmp_path / "links.csv"
    path.write_text("a,b\nb,c\nc,d\nd,e\n", encoding="utf-8")
    (tmp_path / "blocked.facts").write_text("e\n", encoding="utf-8")
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "path.dl"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_rows_are_shown_counted_and_written(invoke: Invoke, links: Path, rules: Path) -> None:
    folder = links.parent
    done = invoke("rules", "run", links, rules, "-F", folder, "-D", folder / "out", "--top", "2")
    assert done.stdout == "path  x  y\n      a  b\n      b  c\n"
    assert "path: 6 rows, 4 more: --top, or -D for all" in done.stderr
    written = (folder / "out" / "path.csv").read_text(encoding="utf-8").splitlines()
    assert sorted(written) == ["a\tb", "a\tc", "a\td", "b\tc", "b\td", "c\td"]


def test_goals_are_answered(invoke: Invoke, links: Path, rules: Path) -> None:
    rules.write_text(f'{TEXT}?- path("b", y).\n', encoding="utf-8")
    done = invoke("rules", "run", links, rules, "-F", links.parent)
    assert done.stdout == 'path("b", y)  x  y\n              b  c\n              b  d\n'
    assert 'path("b", y): 2 rows' in done.stderr


def test_goals_of_one_relation_have_one_file(invoke: Invoke, links: Path, rules: Path) -> None:
    rules.write_text(f'{TEXT}?- path("b", y). ?- path("c", y).\n', encoding="utf-8")
    invoke("rules", "run", links, rules, "-F", links.parent, "-D", links.parent / "out")
    written = (links.parent / "out" / "path.csv").read_text(encoding="utf-8").splitlines()
    assert sorted(written) == ["b\tc", "b\td", "c\td"]
    assert [path.name for path in (links.parent / "out").iterdir()] == ["path.csv"]


@pytest.mark.parametrize(
    ("type_", "value"),
    [("number", "9223372036854775808"), ("number", "x"), ("bool", "yes"), ("float", "1,5")],
)
def test_values_that_are_not_of_their_type_are_named(
    invoke: Invoke, links: Path, type_: str, value: str
) -> None:
    (links.parent / "v.facts").write_text(f"{value}\n", encoding="utf-8")
    text = f".decl v(x: {type_}) .input v\np(x) :- v(x)."
    done = invoke("rules", "run", links, "-", "-F", links.parent, code=3, stdin=text)
    assert f"v.facts:1: '{value}' is no {type_}" in done.stderr


def test_json(document: Callable[..., dict[str, Any]], links: Path, rules: Path) -> None:
    given = ("-F", links.parent)
    found = document("rules", "run", links, rules, *given, "--show", "ends")
    ends = found["relations"]["ends"]
    assert (ends["columns"], ends["count"]) == (["x", "n"], 3)
    assert sorted(ends["rows"]) == [["a", 3], ["b", 2], ["c", 1]]
    checked = document("rules", "check", rules)
    assert checked == {
        "needs": ["axon"],
        "inputs": ["blocked"],
        "outputs": ["path"],
        "strata": [["path"], ["ends"]],
        "columns": {"path": ["x", "y"], "ends": ["x", "n"]},
    }
    proved = document("rules", "why", links, rules, 'path("a", "d")', *given, "--minimal")
    assert (proved["holds"], proved["height"]) == (True, 3)
    first = proved["proof"][0]
    assert first["row"] == ["a", "d"]
    assert [proved["proof"][at]["relation"] for at in first["from"]] == ["path", "path"]


def test_what_does_not_follow_is_told_and_exits_with_1(
    invoke: Invoke, links: Path, rules: Path
) -> None:
    done = invoke("rules", "why", links, rules, 'path("d", "e")', "-F", links.parent, code=1)
    assert '  fails: !blocked("e")' in done.stdout.splitlines()
    assert "path has no such row" in done.stderr


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        ("p(x, y) :- axon(x, _, _).", (), 3, "stdin:1:6: y is not bound"),
        (TEXT, (), 3, "name the folder of blocked.facts with --facts DIR"),
        (TEXT, ("-F", "nowhere"), 4, "nowhere/blocked.facts"),
        ("n(0). n(x + 1) :- n(x).", ("--rows", "50"), 6, "more than 50 derived rows"),
        ("n(0). n(x + 1) :- n(x).", ("--seconds", "0.2"), 6, "more than 0.2 s"),
        ("n(0).", ("--show", "m"), 3, "no relation is named m"),
        ("n(0).", ("--seconds", "0"), 2, "seconds > 0"),
    ],
)
def test_how_it_ends(
    invoke: Invoke, links: Path, text: str, options: tuple[str, ...], code: int, message: str
) -> None:
    assert message in invoke("rules", "run", links, "-", *options, code=code, stdin=text).stderr


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a\tb\n", "blocked.facts:1: 1 columns are declared, 2 are there"),
        ("\xff", "blocked.facts is not UTF-8"),
    ],
)
def test_bad_facts_are_named(
    invoke: Invoke, links: Path, rules: Path, rows: str, message: str
) -> None:
    (links.parent / "blocked.facts").write_bytes(rows.encode("latin-1"))
    done = invoke("rules", "run", links, rules, "-F", links.parent, code=3)
    assert message in done.stderr


def test_a_fact_is_one_relation_with_values(invoke: Invoke, links: Path, rules: Path) -> None:
    for fact in ("path(x, y)", "path", 'path("a", "b") :- path("a", "c")'):
        done = invoke("rules", "why", links, rules, fact, "-F", links.parent, code=3)
        assert "focusmesh:" in done.stderr


def test_what_bounds_leave_open_is_told(
    invoke: Invoke, document: Callable[..., dict[str, Any]], links: Path
) -> None:
    file = links.parent / "near.dl"
    links.write_text("a,b\nb,a\nc,d\nd,c\n", encoding="utf-8")
    file.write_text("above(p, q) :- @focus(p, s, _), @focus(q, t, _), s > t.\n", encoding="utf-8")
    done = invoke("rules", "run", links, file)
    assert "above: 0 rows" in done.stderr
    assert (
        'above: 16 rows more may be there: bounds of scores leave open above("a", "a")'
        in done.stderr
    )
    found = document("rules", "run", links, file)
    assert (found["relations"]["above"]["count"], found["unsettled"]["above"]["count"]) == (0, 16)
    checked = document("rules", "check", file)
    assert checked["strata"] == [["above"]]
