"""``focusmesh walk``: steps as a table and as JSON, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

KEYS = [
    *("seeds", "temperature", "seed", "candidates", "effort", "beta", "bound", "seconds", "items"),
]


def test_json_is_the_walk_of_the_library(
    document: Callable[..., dict[str, Any]], edges: Path
) -> None:
    options = ("--steps", "2", "--temperature", "0.7", "--seed", "1", "--candidates", "2")
    found = document("walk", edges, "d", *options)
    assert list(found) == KEYS
    sample = Graph.read(edges).walk(["d"], 2, 0.7, 1, k=2)
    assert [item["particle"] for item in found["items"]] == list(sample.particles)
    for item, step in zip(found["items"], sample, strict=True):
        assert list(item) == ["particle", "probability", "score", "relevance", "bound"]
        assert item == {name: getattr(step, name) for name in item}
    assert (found["seeds"], found["temperature"], found["seed"]) == (["d"], 0.7, 1)
    assert (found["candidates"], found["effort"], found["beta"]) == (2, "balanced", 0.5)
    assert found["bound"] == max(item["bound"] for item in found["items"]) <= 1e-6


def test_a_line_a_step_and_one_about_all(invoke: Invoke, edges: Path) -> None:
    done = invoke("walk", edges, "d", "--temperature", "0")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["step", "chance", "focus", "relevance", "particle"]
    assert [line.split()[-1] for line in lines[1:]] == ["a", "b", "c"]
    assert "100.0%" in lines[1]
    assert "3 steps at temperature 0, seed 0 · bound " in done.stderr
    assert invoke("walk", edges, "d", "--steps", "0", "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--temperature", "-1"), 2),
        (("--steps", "-1"), 2),
        (("--effort", "lazy"), 2),
        (("nobody",), 3),
    ],
)
def test_what_is_wrong_is_told(
    invoke: Invoke, edges: Path, words: tuple[str, ...], code: int
) -> None:
    assert invoke("walk", edges, "d", *words, code=code).stderr
