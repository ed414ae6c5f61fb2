"""``focusmesh match``: rows on the screen, in JSON and as a file, parameters, steps, and bad input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

QUERY = "MATCH (p)-->(q) RETURN p, q.name AS q"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    path = tmp_path / "links.csv"
    path.write_text("a,b\nb,c\nc,d\n", encoding="utf-8")
    return path


def test_rows_are_shown_and_counted(invoke: Invoke, links: Path) -> None:
    done = invoke("match", links, QUERY, "--top", "2")
    assert done.stdout == "p  q\na  b\nb  c\n"
    assert "3 rows, 1 more: --top, or -o for all" in done.stderr
    told = json.loads(invoke("match", links, QUERY, "--json", "--profile").stdout)
    assert (told["count"], told["rows"][0][1]) == (3, "b")
    assert told["profile"]
    assert "RETURN" in invoke("match", links, QUERY, "--profile").stdout


def test_all_rows_are_written(invoke: Invoke, links: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    invoke("match", links, QUERY, "--top", "1", "-o", path)
    assert path.read_text(encoding="utf-8").splitlines() == ["p,q", "a,b", "b,c", "c,d"]


def test_parameters_are_json_or_text(invoke: Invoke, links: Path) -> None:
    given = ("--param", "n=[1, 2]", "--param", "t=b")
    done = invoke("match", links, "MATCH (p {name: $t}) RETURN p, size($n) AS n", *given)
    assert done.stdout == "p  n\nb  2\n"
    assert "no NAME=VALUE" in invoke("match", links, QUERY, "--param", "x", code=3).stderr


def test_steps_are_told(invoke: Invoke, links: Path) -> None:
    told = json.loads(invoke("match", links, QUERY, "--explain", "--json").stdout)
    assert told["steps"][-1] == "columns p, q"
    assert "start at p" in invoke("match", links, QUERY, "--explain").stdout


def test_mistakes_have_a_place(invoke: Invoke, links: Path) -> None:
    done = invoke("match", links, "MATCH (a)->(b) RETURN a", code=3)
    assert "1:10: an arrow has two dashes: did you mean `-->`?" in done.stderr
