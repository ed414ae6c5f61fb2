"""What is kept out is out: in both directions, in every relation, and the guard sees where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.compile import Heads
from focusmesh.engine.tuning import TuneParams
from focusmesh.engine.tuning.split import columns_of, keys, split_of
from focusmesh.errors import InputError
from tests.engine.tuning.cases import circles


def test_pairs_are_parted_and_none_is_lost() -> None:
    graph = circles()
    heads = Heads.of(graph.links())
    split = split_of(heads, graph.particles, TuneParams())
    count = heads.particle_count
    parts = [
        set(keys(part.source, part.target, count).tolist())
        for part in (split.train, split.validation, split.test)
    ]
    assert len(parts[0] | parts[1] | parts[2]) == sum(map(len, parts)) == len(heads.first)
    assert len(parts[2]) == round(0.15 * len(heads.first))
    assert len(parts[1]) == round(0.1 * len(heads.first))
    assert len(split.everything) == len(split.train) + len(split.validation) + len(split.test)
    assert set(keys(split.heads.first, split.heads.second, count).tolist()) == parts[0]


def test_another_seed_keeps_out_others_and_the_same_seed_the_same() -> None:
    graph = circles()
    heads = Heads.of(graph.links())
    one, same, other = (
        split_of(heads, graph.particles, TuneParams(seed=seed)).test.source.tolist()
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_leaky_split_is_found() -> None:
    """The must-fail twin: with one link of a kept-out pair left in, whichever way round, the guard raises."""
    graph = circles()
    heads = Heads.of(graph.links())
    split = split_of(heads, graph.particles, TuneParams())
    leaked = split.test.target[:1], split.test.source[:1]
    both = replace(split.heads, first=leaked[0].astype(np.int32), second=leaked[1].astype(np.int32))
    with pytest.raises(InputError, match="the split leaks: "):
        replace(split, heads=both).verify()


def test_too_few_pairs_are_an_error() -> None:
    graph = Graph.from_edges(["a", "b"], ["b", "c"])
    with pytest.raises(InputError, match="2 linked pairs are too few"):
        split_of(Heads.of(graph.links()), graph.particles, TuneParams())


def test_columns_give_back_the_heads() -> None:
    graph = Graph.from_edges(
        ["a", "b", "a", "c"], ["b", "a", "b", "a"], [1.0, 2.0, 0.5, 3.0], ["x", "x", "y", "y"]
    )
    heads = Heads.of(graph.links())
    again = Heads.of(columns_of(heads, graph.particles))
    assert again.relations == heads.relations
    assert np.allclose(again.logit, heads.logit)
    assert np.allclose(again.pair_logit, heads.pair_logit)
    assert np.allclose(again.gate, heads.gate)
