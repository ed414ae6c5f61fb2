"""``focusmesh compute``: its help, rows on the screen, in JSON and as a file, and bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import OPERATORS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger


@pytest.fixture
def links(tmp_path: Path) -> Path:
    path = tmp_path / "links.csv"
    path.write_text("1,2\n2,3\n3,4\n8,9\n", encoding="utf-8")
    return path


def test_help_names_every_operator(invoke: Invoke) -> None:
    said = " ".join(invoke("compute", "--help").stdout.split())
    for name in OPERATORS.names():
        assert name in said
        assert all(
            each.name in said for each in OPERATORS.find(name).arguments[:1] if each.required
        )


def test_rows_are_shown_and_counted(invoke: Invoke, links: Path) -> None:
    done = invoke("compute", links, "distances", "seeds=2", "seeds=8", "--top", "3")
    assert done.stdout == "p  distance\n2  0\n8  0\n3  1\n"
    assert "distances: 5 rows, 2 more: --top, or -o for all" in done.stderr
    done = invoke("compute", links, "shortest_path", "source=1", "target=3", "--json")
    assert done.stdout.startswith('{"columns": ["step", "p"], "count": 3, "rows": [[0, 1], [1, 2]')


def test_all_rows_go_to_a_file(invoke: Invoke, links: Path) -> None:
    path = links.parent / "parts.csv"
    invoke("compute", links, "components", "--top", "1", "-o", path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        *("p,component", "1,1", "2,1", "3,1", "4,1", "8,8", "9,8")
    ]
    again = invoke("compute", links, "components", "-o", path, code=4)
    assert "exists; --force overwrites it" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["componets"], "did you mean @components"),
        (["distances"], "needs seeds"),
        (["distances", "2"], "'2' is no NAME=VALUE, such as seeds=a"),
        (["distances", "seed=2"], "no argument 'seed'; it has: seeds"),
        (["distances", "seeds=7"], "no particle is named '7'"),
        (["distances", "seeds=2", "by=hops", "by=weight"], "by is given twice"),
        (["label_propagation", "rounds=many"], "rounds is a whole number, not 'many'"),
    ],
)
def test_what_does_not_fit_is_told(
    invoke: Invoke, links: Path, arguments: list[str], words: str
) -> None:
    assert words in invoke("compute", links, *arguments, code=3).stderr


def test_a_ledger_and_standard_input_are_graphs_too(
    invoke: Invoke, new_ledger: NewLedger, links: Path
) -> None:
    ledger = new_ledger()
    with fm.open(ledger) as graph:
        graph.update([("a", "b"), ("b", "c")])
    done = invoke("compute", ledger, "distances", "seeds=a")
    assert done.stdout == "p  distance\na  0\nb  1\nc  2\n"
    given = ("compute", "-", "distances", "seeds=8", "--format", "csv")
    assert invoke(*given, stdin=links.read_text()).stdout == "p  distance\n8  0\n9  1\n"


@pytest.mark.parametrize("value", ["inf", "nan", "1e400", "1.5"])
def test_numbers_that_are_not_whole_are_refused(invoke: Invoke, links: Path, value: str) -> None:
    done = invoke("compute", links, "label_propagation", f"rounds={value}", code=3)
    assert "rounds is a whole number" in done.stderr
