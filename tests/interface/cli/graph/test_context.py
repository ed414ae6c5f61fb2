"""``focusmesh context``: what matters from a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


def test_json_has_the_habits_of_rank_and_relevance(
    document: Callable[..., dict[str, Any]], edges: Path
) -> None:
    found = document("context", edges, "d", "--beta", "0.4")
    assert list(found)[:8] == list(document("rank", edges))
    assert (found["seeds"], found["beta"]) == (["d"], 0.4)
    assert [list(item) for item in found["items"]] == [
        ["particle", "score", "relevance", "bound"]
    ] * 4
    before = {item["particle"]: item["score"] for item in document("rank", edges)["items"]}
    for item in found["items"]:
        said = math.log(item["score"] / before[item["particle"]])
        assert item["relevance"] == pytest.approx(said, abs=1e-4)
    expected = Graph.read(edges).focus(seeds=["d"], beta=0.4).score("d")
    (seed,) = (item for item in found["items"] if item["particle"] == "d")
    assert seed["score"] == pytest.approx(expected, abs=1e-9)


def test_seeds_are_marked_or_left_out(invoke: Invoke, edges: Path) -> None:
    done = invoke("context", edges, "d", "b")
    assert done.stdout.splitlines()[0].split() == ["rank", "focus", "relevance", "particle"]
    assert {line.split()[-2] for line in done.stdout.splitlines() if "(seed)" in line} == {"b", "d"}
    left = invoke("context", edges, "d", "b", "--without-seeds", "--top", "2")
    assert {line.split()[-1] for line in left.stdout.splitlines()[1:]} == {"a", "c"}


def test_only_what_gains_is_listed(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path = written(tmp_path / "two.csv", "a,b\nb,a\nx,y\ny,x\nx,b\n")
    assert len(document("context", path, "x")["items"]) == 4
    items = document("context", path, "x", "--relevant")["items"]
    assert {item["particle"] for item in items} == {"x", "y"}
    assert all(item["relevance"] > 0 for item in items)


def test_everything_of_a_context_may_be_without_bound(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = written(tmp_path / "two.csv", "a,b\nb,a\nx,y\ny,x\n")
    found = document("context", path, "a", "--beta", "1")
    relevance = {item["particle"]: item["relevance"] for item in found["items"]}
    assert relevance["x"] is None
    assert relevance["a"] > 0


def test_numbers_and_cids_are_names_too(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    numbers = written(tmp_path / "numbers.txt", "10 20\n20 30\n30 10\n")
    assert document("context", numbers, "20")["seeds"] == [20]
    content = Graph.from_edges([b"a" * 32, b"b" * 32], [b"b" * 32, b"c" * 32])
    content.save(tmp_path / "content.focusmesh")
    first = document("rank", tmp_path / "content.focusmesh")["items"][0]["particle"]
    assert first.startswith("bafkr4i")
    assert document("context", tmp_path / "content.focusmesh", first)["seeds"] == [first]


@pytest.mark.parametrize("effort", ["fast", "balanced", "exact"])
def test_every_effort_tells_what_it_proves(
    document: Callable[..., dict[str, Any]], invoke: Invoke, edges: Path, effort: str
) -> None:
    found = document("context", edges, "d", "--effort", effort, "--without-seeds")
    assert (found["effort"], found["settled"]) == (effort, True)
    assert [item["particle"] for item in found["items"]] == ["a", "b", "c"]
    assert ("visits" in found) == (effort != "exact")
    said = invoke("context", edges, "d", "--effort", effort).stderr
    assert "bound" in said
    assert ("order settled" in said) == (effort != "exact")


def test_an_unknown_effort_is_answered_with_the_known_ones(invoke: Invoke, edges: Path) -> None:
    assert (
        "fast, balanced, exact" in invoke("context", edges, "d", "--effort", "lazy", code=2).stderr
    )
