"""``focusmesh query rules`` and ``why`` on a real ledger: rows, proofs, heights, and errors that name the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh as fm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger

RULES = """// What a package needs.
needs(x, y) :- axon(x, y, _).
needs(x, z) :- needs(x, y), axon(y, z, _).
?- needs("app", y).
"""


@pytest.fixture
def ledger(new_ledger: NewLedger) -> Path:
    where = new_ledger()
    with fm.open(where) as graph:
        graph.update([("app", "web"), ("web", "http")])
        graph.link("http", "tls")
    return where


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "needs.dl"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_rules_of_a_ledger_are_answered_as_of_a_block(
    invoke: Invoke, ledger: Path, rules: Path
) -> None:
    done = invoke("query", "rules", rules, "-l", ledger)
    assert " ".join(done.stdout.split()) == 'needs("app", y) x y app web app http app tls'
    assert "at height 2" in done.stderr
    before: Any = json.loads(
        invoke("query", "rules", rules, "-l", ledger, "--at", "1", "--json").stdout
    )
    assert (before["height"], before["complete"]) == (1, True)
    assert before["relations"][0]["rows"] == [["app", "web"], ["app", "http"]]
    shown = invoke("query", "rules", "-", "-l", ledger, "--show", "needs", "-n", "1", stdin=RULES)
    assert "needs: 6 rows, 5 more: --top" in shown.stderr


def test_a_proof_of_a_ledger_is_printed_and_can_be_verified(
    invoke: Invoke, ledger: Path, rules: Path
) -> None:
    done = invoke("query", "why", rules, 'needs("app", "tls")', "-l", ledger)
    assert done.stdout.startswith('needs("app", "tls")    by needs(x, z)')
    assert "at height 2, proved in 3 steps" in done.stderr
    told = json.loads(
        invoke("query", "why", rules, 'needs("app", "tls")', "-l", ledger, "--json").stdout
    )
    with fm.open(ledger) as graph:
        fm.read_proof(told["proof"]).verify(graph)
    missing = invoke("query", "why", rules, 'needs("tls", "app")', "-l", ledger, code=1)
    assert 'fails: axon("tls", "app", _)' in missing.stdout


def test_limits_and_mistakes_are_told(invoke: Invoke, ledger: Path, rules: Path) -> None:
    rules.write_text("n(0).\nn(x + 1) :- n(x).\n", encoding="utf-8")
    done = invoke("query", "rules", rules, "-l", ledger, "--rows", "50", code=6)
    assert "more than 50 derived rows, at the rule of n in line 2" in done.stderr
    done = invoke("query", "rules", rules, "-l", ledger, "--rows", "50", "--partial", "-n", "1")
    assert "not complete: more than 50 derived rows" in done.stderr
    rules.write_text("n(x) :- m(y).\n", encoding="utf-8")
    done = invoke("query", "rules", rules, "-l", ledger, code=3)
    assert f"{rules}:1:3: x is not bound: add a positive atom with x" in done.stderr
    rules.write_text(".decl n(x: number)\n.input n\n", encoding="utf-8")
    assert "2:8: .input reads files" in invoke("query", "rules", rules, "-l", ledger, code=3).stderr
    done = invoke("query", "rules", rules, "-l", ledger, "--at", "9", code=7)
    assert "9" in done.stderr
