"""Workspaces: kept from query to query, and given back where they are large and something else needs the room."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus.context import workspace as context_workspace
from focusmesh.engine.focus.context.workspace import Workspaces
from tests.engine.strategies import heavy_tailed


def test_one_after_the_other_get_the_same_and_two_at_once_get_two() -> None:
    spaces = Workspaces(10, 8)
    with spaces.one() as first, spaces.one() as second:
        assert first is not second
    with spaces.one() as third:
        assert third in (first, second)


def test_only_a_large_one_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspaces(10, 8).one() as space:
        kept = space.left
        space.make_room()
        assert space.left is kept
        monkeypatch.setattr(context_workspace, "_LARGE", 1)
        space.make_room()
        assert space.left is not kept
        assert not space.left.any()
        assert space.left.shape == kept.shape


@pytest.mark.parametrize("params", [FocusParams(), FocusParams.pagerank()])
def test_answers_do_not_depend_on_it(params: FocusParams, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph.from_edges(*heavy_tailed(30_000, 120_000, 5), particles=30_000)
    asked = [graph.context([seed], params=params, effort="exact") for seed in (1, 2)]
    monkeypatch.setattr(context_workspace, "_LARGE", 1)
    again = [graph.context([seed], params=params, effort="exact") for seed in (1, 2)]
    for before, after in zip(asked, again, strict=True):
        assert list(before) == list(after)
        np.testing.assert_allclose(before.bound, after.bound)
