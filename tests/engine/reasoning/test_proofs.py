"""Why a row is there and why it is not: proofs re-check alone, changed ones are refused, least height is least."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import Proof
from focusmesh.errors import InputError, ProofError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning import ProofStep

TEXT = """path(x, y) :- axon(x, y, _).
path(x, z) :- path(x, y), path(y, z).
far(x, y) :- path(x, y), !axon(x, y, _), n = count : path(x, _), n > 1."""
EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("x", "y")]

links = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=14)


@given(links)
def test_every_row_has_a_proof_that_holds(edges: list[tuple[int, int]]) -> None:
    graph = fm.Graph.from_edges(edges)
    view = graph.rules(TEXT)
    for relation in ("path", "far"):
        for row in view[relation]:
            view.why(relation, *row).verify(graph)


@given(links)
def test_the_least_height_is_that_of_the_definition(edges: list[tuple[int, int]]) -> None:
    graph = fm.Graph.from_edges(edges)
    view = graph.rules(TEXT)
    heights = dict.fromkeys(((a, b) for a, b, _ in view["axon"]), 1)
    while True:
        joined = [
            ((a, d), 1 + max(heights[a, b], heights[c, d]))
            for (a, b), (c, d) in product(heights, heights)
            if b == c
        ]
        lower = [(row, high) for row, high in joined if high < heights.get(row, high + 1)]
        if not lower:
            break
        for row, high in lower:
            heights[row] = min(high, heights.get(row, high))
    for row, height in heights.items():
        proof = view.why("path", *row, minimal=True)
        assert proof.height == height
        proof.verify(graph)


def proved() -> tuple[fm.Graph, Proof]:
    graph = fm.Graph.from_edges(EDGES)
    return graph, graph.rules(TEXT).why("far", "a", "d", minimal=True)


def test_a_proof_reads_as_a_tree() -> None:
    _, proof = proved()
    assert proof.height == 4
    assert str(proof).splitlines() == [
        'far("a", "d")    by far(x, y) :- path(x, y), !axon(x, y, _), n = count : path(x, _), n > 1.',
        '  !axon("a", "d", _)',
        "  3 > 1",
        '  3 = count : { path("a", _) }',
        '  path("a", "d")    by path(x, z) :- path(x, y), path(y, z).',
        '    path("a", "b")    by path(x, y) :- axon(x, y, _).',
        '      axon("a", "b", 1.0)',
        '    path("b", "d")    by path(x, z) :- path(x, y), path(y, z).',
        '      path("b", "c")    by path(x, y) :- axon(x, y, _).',
        '        axon("b", "c", 1.0)',
        '      path("c", "d")    by path(x, y) :- axon(x, y, _).',
        '        axon("c", "d", 1.0)',
    ]


def changed(step: ProofStep, depth: int = 0) -> list[ProofStep]:
    """The step with one thing changed somewhere below it, in every way but by what is as true."""
    rows = [(*step.row[:-1], "b"), step.row[:-1], (*step.row[::-1],)]
    made = [replace(step, row=row) for row in rows if row != step.row]
    if step.rule is not None:
        made += [
            replace(step, rule=other) for other in (None, 0, 1, 2, 3, -1) if other != step.rule
        ]
        made += [replace(step, values={**step.values, name: "zebra"}) for name in step.values]
        made += [replace(step, values={}), replace(step, children=())]
        made += [replace(step, children=step.children[::-1])] * (len(step.children) > 1)
        made += [replace(step, children=(*step.children, step.children[0]))]
    for at, child in enumerate(step.children):
        for other in changed(child, depth + 1):
            made.append(
                replace(step, children=(*step.children[:at], other, *step.children[at + 1 :]))
            )
    return made


def test_whatever_is_changed_in_a_proof_is_refused() -> None:
    graph, proof = proved()
    proof.verify(graph)
    others = changed(proof.root)
    assert len(others) > 50
    for root in others:
        with pytest.raises(ProofError):
            Proof(proof.rules, root).verify(graph)


@pytest.mark.parametrize("edit", ["link gone", "what was absent is there", "aggregate"])
def test_a_proof_is_of_one_state_of_the_graph(edit: str) -> None:
    graph, proof = proved()
    if edit == "link gone":
        graph.unlink("c", "d")
    elif edit == "what was absent is there":
        graph.link("a", "d")
    else:
        graph.link("a", "more")
    with pytest.raises(ProofError, match=r"far|path|axon"):
        proof.verify(graph)


def test_what_is_missing_is_named() -> None:
    view = fm.Graph.from_edges(EDGES).rules(TEXT)
    first, second = view.why_not("path", "a", "y")
    assert (first.holds, first.fails) == ((), 'axon("a", "y", _)')
    assert (
        second.fails in ('path("x", "y")', 'path("b", "y")', 'path("c", "y")', 'path("d", "y")')
        or second.holds
    )
    (only,) = view.why_not("far", "a", "b")
    assert only.fails == '!axon("a", "b", _)'
    (by_head,) = (
        fm.Graph.from_edges(EDGES).rules('only("a") :- axon("a", _, _).').why_not("only", "b")
    )
    assert by_head.fails == "the row does not fit the head"


def test_wrong_questions_are_told() -> None:
    view = fm.Graph.from_edges(EDGES).rules(TEXT)
    with pytest.raises(InputError, match="ask why_not"):
        view.why("path", "a", "y")
    with pytest.raises(InputError, match="ask why for its proof"):
        view.why_not("path", "a", "b")
    with pytest.raises(InputError, match="path has 2 columns, not 1"):
        view.why_not("path", "a")
    with pytest.raises(InputError, match="no relation is named way"):
        view.why("way", "a")


def test_a_long_way_is_proved() -> None:
    graph = fm.Graph.from_edges([(at, at + 1) for at in range(3_000)])
    view = graph.rules("reached(y) :- axon(0, y, _). reached(y) :- reached(x), axon(x, y, _).")
    proof = view.why("reached", 3_000)
    assert proof.height == 3_000
    proof.verify(graph)
    assert str(proof).endswith("…")
