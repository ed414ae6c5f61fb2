"""Graphs and edits for property tests, as plain lists of links."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

from focusmesh.engine.focus import FocusParams, Operator
from focusmesh.engine.graph import Graph

if TYPE_CHECKING:
    from focusmesh.engine.links import LinkColumns, Structure

Row: TypeAlias = tuple[int, int, float]
Rows: TypeAlias = list[Row]

WEIGHTS = st.one_of(
    st.just(1.0),
    st.just(0.0),
    st.integers(1, 9).map(float),
    st.floats(1e-6, 1e6),
    st.floats(0.0009765625, 1024, width=32),
)


@st.composite
def link_rows(draw: st.DrawFn, most: int = 14) -> tuple[int, Rows]:
    """A particle count and rows: self-loops, duplicates, zero weights, isolated and dangling particles."""
    count = draw(st.integers(1, most))
    ends = st.integers(0, count - 1)
    sources = ends if draw(st.booleans()) else st.integers(0, (count - 1) // 2)
    rows = draw(st.lists(st.tuples(sources, ends, WEIGHTS), max_size=3 * most))
    if draw(st.booleans()):
        rows += [(0, i, 1.0) for i in range(count)]
    return count, rows


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """A graph of ``link_rows``."""
    count, rows = draw(link_rows(most))
    return graph_of(count, rows)


@st.composite
def params(draw: st.DrawFn) -> FocusParams:
    """Any parameters that are not extreme."""
    parts = [draw(st.floats(0.05, 1)), draw(st.floats(0, 1)), draw(st.floats(0, 1))]
    diffusion, springs = (part / sum(parts) for part in parts[:2])
    return FocusParams(
        alpha=draw(st.floats(0.05, 1)),
        mu=draw(st.floats(0.1, 10)),
        tau=draw(st.floats(0, 5)),
        diffusion=diffusion,
        springs=springs,
        heat=max(0.0, 1 - diffusion - springs),
        terms=draw(st.integers(0, 12)),
    )


def columns(rows: Rows) -> tuple[Any, Any, Any]:
    """Sources, targets and weights as arrays."""
    return (
        np.array([row[0] for row in rows], dtype=np.uint32),
        np.array([row[1] for row in rows], dtype=np.uint32),
        np.array([row[2] for row in rows], dtype=np.float64),
    )


def graph_of(count: int, rows: Rows) -> Graph:
    """The graph of these rows on particles 0 … count − 1."""
    return Graph.from_edges(*columns(rows), particles=count)


def naive_axons(rows: Rows) -> dict[tuple[int, int], float]:
    """The model: a dict of pairs, duplicates summed, self-loops and zeros dropped."""
    axons: dict[tuple[int, int], float] = {}
    for source, target, weight in rows:
        if source != target and weight > 0:
            axons[source, target] = axons.get((source, target), 0.0) + weight
    return axons


def axons_of(links: LinkColumns) -> dict[tuple[int, int], float]:
    """The axons that a graph lists, by index."""
    weight = np.ones(len(links)) if links.weight is None else links.weight
    listed = zip(links.source, links.target, weight, strict=True)
    axons: dict[tuple[int, int], float] = {}
    for source, target, value in listed:
        pair = int(source), int(target)
        axons[pair] = axons.get(pair, 0.0) + float(value)
    return axons


def arrays_of(structure: Structure) -> dict[str, Any]:
    """All arrays of a structure by name."""
    return {field.name: getattr(structure, field.name) for field in fields(structure)}


def uniform(count: int) -> Any:
    """1/n, n times."""
    return np.full(count, 1 / max(count, 1))


def operator_of(graph: Graph, chosen: FocusParams, backend: str | None = None) -> Operator:
    """R on ``graph`` with uniform u = u0."""
    flat = uniform(graph.particle_count)
    return Operator.on(graph.structure, chosen, flat, flat, backend)


def heavy_tailed(count: int, links: int, seed: int) -> tuple[Any, Any, Any]:
    """Sources, targets and weights with few hubs; half of the particles dangle."""
    draws = np.random.default_rng(seed)
    source = (count / 2 * draws.random(links) ** 3).astype(np.uint32)
    target = (count * draws.random(links) ** 2).astype(np.uint32)
    return source, target, draws.random(links)
