"""``focusmesh properties`` shows, sets and finds; ``info`` counts and ``import --add`` brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from focusmesh import Graph
from focusmesh.interface.cli.application import application
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

TABLE = "source,target,relation,km\na,b,rail,5\na,b,road,7\nb,c,rail,9\n"


def test_what_is_set_is_shown_and_found(
    document: Callable[..., dict[str, Any]], invoke: Invoke, tmp_path: Path
) -> None:
    table, graph = written(tmp_path / "g.csv", TABLE), tmp_path / "g.focusmesh"
    document("import", table, "-o", graph)
    found = document(
        "properties", "set", graph, "a", "n=5", "zip=01234", 'word="5"', "open=true", "--add-label", "City"
    )  # fmt: skip
    assert found["root"] == Graph.open(graph).root
    assert document("properties", "show", graph, "a") == {
        "particle": "a",
        "labels": ["City"],
        "properties": {"n": 5, "open": True, "word": "5", "zip": "01234"},
    }
    assert document("properties", "find", graph, "n=5.0", "--label", "City") == {"particles": ["a"]}
    document("properties", "set", graph, "a", "--unset", "n", "--remove-label", "City")
    assert document("properties", "find", graph, "n=5") == {"particles": []}
    found = document("properties", "show", graph, "a", "--to", "b", "--relation", "rail")
    assert found == {"source": "a", "target": "b", "properties": {"km": 5}}
    document("properties", "set", graph, "a", "km=6", "--to", "b", "--relation", "rail")
    assert Graph.open(graph).link_properties("a", "b", "rail") == {"km": 6}
    assert document("info", graph)["properties"] == {
        "particles": {"open": 1, "word": 1, "zip": 1}, "links": {"km": 3}, "labels": {},
    }  # fmt: skip
    assert "01234" in invoke("properties", "show", graph, "a").stdout
    assert "km" in invoke("info", graph).stdout


def test_mistakes_are_told(invoke: Invoke, tmp_path: Path) -> None:
    table, graph = written(tmp_path / "g.csv", TABLE), tmp_path / "g.focusmesh"
    invoke("import", table, "-o", graph)
    for words, reason in (
        (("set", table, "a", "n=5"), "no graph file"),
        (("set", graph, "a", "n"), "no KEY=VALUE"),
        (("set", graph, "a", "--to", "b", "--add-label", "L"), "a link has no labels"),
        (("set", graph, "a", "km=1", "--to", "b"), "name the relation"),
        (("set", graph, "a", "--unset", "n"), "has no property"),
        (("show", graph, "nobody"), "nobody"),
        (("find", graph), "find what"),
    ):
        failed = CliRunner().invoke(application, ["properties", *map(str, words)])
        assert failed.exit_code != 0, words
        assert reason in failed.stderr, words


def test_properties_come_along_when_graphs_are_joined(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    one = written(tmp_path / "one.csv", TABLE)
    other = written(tmp_path / "other.csv", "source,target,relation,km,open\na,c,rail,3,true\n")
    document("import", one, "--add", other, "-o", tmp_path / "g.focusmesh")
    graph = Graph.open(tmp_path / "g.focusmesh")
    assert graph.link_properties("a", "c") == {"km": 3, "open": True}
    assert graph.link_properties("b", "c") == {"km": 9}
