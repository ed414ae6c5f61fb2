"""What is compiled ahead is not compiled again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh import Graph, warm
from focusmesh.engine.support.compile_events import count_compilations

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step
    from tests.interface.cli.conftest import Invoke


def test_after_it_nothing_is_compiled_for_a_large_graph(invoke: Invoke) -> None:
    seen: list[Step] = []
    first = warm(progress=seen.append)
    assert seen[-1].done == seen[-1].total
    assert first.compiled >= 0
    names: list[str] = []
    random = np.random.default_rng(7)
    with count_compilations(names.append) as found:
        assert warm().compiled == 0
        source, target = random.integers(0, 30_000, (2, 150_000))
        graph = Graph.from_edges(source, target, random.random(150_000))
        assert graph.focus().bound <= 1e-6
        assert len(graph.context([0], k=5)) == 5
        live = graph.live()
        live.link(0, 1, 2.0)
        live.link(30_001, 1)
    assert (found.count, names) == (0, [])
    assert invoke("warm").stdout == "nothing to compile: all kernels are kept from before\n"
    assert '"compiled": 0' in invoke("warm", "--json").stdout


def test_what_is_compiled_is_counted() -> None:
    from focusmesh.engine.support.compiled import kernel

    # A function without a file is not kept.
    defined: dict[str, Any] = {}
    exec("def twice(number):\n    return 2 * number", defined)
    names: list[str] = []
    with count_compilations(names.append) as found:
        assert kernel(defined["twice"])(21) == 42
    assert (found.count, names) == (1, ["twice"])
