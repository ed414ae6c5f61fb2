"""Weights in PyTorch apply the layer that NumPy applies, hide what they are told to, and have the right gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.compile import Heads
from focusmesh.engine.compile.layers import edge_layer
from focusmesh.engine.tuning import TuneParams
from focusmesh.engine.tuning.baselines import teleports
from focusmesh.engine.tuning.products import MassSteps
from focusmesh.engine.tuning.split import keys
from focusmesh.engine.tuning.weights import weights_of
from tests.engine.tuning.cases import circles

if TYPE_CHECKING:
    from tests.conftest import Needs

KINDS: list[dict[str, Any]] = [
    {},
    {"rank": 6, "method": "svd"},
    {"rank": 6, "method": "nmf"},
    {"rank": 6, "method": "sparse+lowrank"},
]


@pytest.fixture
def torch(needs: Needs) -> Any:
    return needs("torch")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.get("method", "exact")))
@pytest.mark.parametrize("start", ["compiled", "random"])
def test_a_layer_is_that_of_the_model_with_these_weights(
    torch: Any, kind: dict[str, Any], start: str
) -> None:
    model = circles(3, 5).compile(form="dense", layers=3, **kind)
    weights = weights_of(model, TuneParams(start=start))
    drawn = teleports(model, np.arange(len(model.particles)))
    x = torch.from_numpy(drawn)
    step = weights.layer(np.zeros(len(model.heads.first), dtype=np.bool_))
    for _ in range(3):
        x = step(x, torch.from_numpy(drawn))
    made = weights.model(model)
    (expected,) = made.trace_layers(drawn, [3])
    assert np.allclose(x.detach().numpy(), expected, atol=1e-12)
    if start == "compiled":
        assert np.allclose(expected, model.trace_layers(drawn, [3])[0], atol=1e-12)
    else:
        assert np.abs(expected - model.trace_layers(drawn, [3])[0]).max() > 1e-3


@pytest.mark.parametrize("params", [FocusParams(), FocusParams.pagerank()])
def test_what_is_hidden_is_as_if_it_were_not_there(torch: Any, params: FocusParams) -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("a", "c"), ("e", "d")]
    source, target = zip(*edges, strict=True)
    graph = Graph.from_edges(source, target)
    model = graph.compile(params=params)
    hidden = np.zeros(len(model.heads.first), dtype=np.bool_)
    for one, other in (("e", "d"), ("a", "c")):
        ends = np.array([[graph.index(one)], [graph.index(other)]])
        named = keys(ends[0], ends[1], 5)
        hidden |= keys(model.heads.first, model.heads.second, 5) == named
    for one, other in (("e", "d"), ("a", "c"), ("c", "a")):
        graph.unlink(one, other)
    drawn = teleports(model, np.arange(5))
    weights = weights_of(model, TuneParams())
    given = torch.from_numpy(drawn)
    found = weights.layer(hidden)(given, given).detach().numpy()
    expected = edge_layer(Heads.of(graph.links()), params).apply(drawn, drawn)
    assert np.allclose(found, expected, atol=1e-14)


def test_gradients_along_links_are_those_of_small_differences(torch: Any) -> None:
    random = np.random.default_rng(2)
    steps = MassSteps.of(np.array([0, 1, 1, 3]), np.array([2, 0, 0, 1]), 4)
    weight = torch.from_numpy(random.random(4)).requires_grad_()
    x = torch.from_numpy(random.random((4, 3))).requires_grad_()
    assert torch.autograd.gradcheck(lambda w, y: steps.apply(w, y), (weight, x))


SMOOTH = [kind for kind in KINDS if kind.get("method") != "nmf"]  # whose scores of 0 have no slope


@pytest.mark.parametrize("kind", SMOOTH, ids=lambda kind: str(kind.get("method", "exact")))
def test_gradients_of_a_layer_are_those_of_small_differences(
    torch: Any, kind: dict[str, Any]
) -> None:
    model = circles(2, 5).compile(form="dense", **kind)
    weights = weights_of(model, TuneParams())
    drawn = torch.from_numpy(teleports(model, np.array([0, 3])))
    layer_of = weights.layer
    goal = torch.from_numpy(np.random.default_rng(4).random(tuple(drawn.shape)))

    def value() -> Any:
        step = layer_of(np.zeros(len(model.heads.first), dtype=np.bool_))
        return (step(step(drawn, drawn), drawn) * goal).sum()

    value().backward()
    for tensor in weights.tensors():
        at, little = tensor.numel() // 2, 1e-6
        given = float(tensor.grad.ravel()[at])
        with torch.no_grad():
            tensor.ravel()[at] += little
            above = float(value())
            tensor.ravel()[at] -= 2 * little
            below = float(value())
        assert given == pytest.approx((above - below) / (2 * little), abs=1e-7)


def test_links_that_were_kept_out_come_back_with_what_was_compiled(torch: Any) -> None:
    graph = circles(2, 5)
    whole = graph.compile()
    links = graph.links()
    keep = np.ones(len(links), dtype=np.bool_)
    keep[:3] = False
    part = replace(whole, heads=Heads.of(links.where(keep)))
    assert np.allclose(weights_of(part, TuneParams()).model(whole).heads.logit, whole.heads.logit)


def test_a_relation_without_training_links_gets_the_mean_of_the_others(torch: Any) -> None:
    """All in one direction and relation by relation: of what was tuned none is nearer to it than another."""
    edges = [("a", "b", 1.0, "x"), ("b", "c", 1.0, "y"), ("c", "a", 1.0, "x"), ("a", "c", 1.0, "z")]
    whole = Graph.from_edges(*zip(*edges, strict=True)).compile(form="edges", layers=2)
    known = Graph.from_edges(*zip(*edges[:3], strict=True)).compile(form="edges", layers=2)
    weights = weights_of(known, TuneParams())
    _, _, bias, _ = weights.tensors()
    with torch.no_grad():
        bias.copy_(torch.tensor([1.0, 3.0], dtype=torch.float64))
    heads = weights.model(whole).heads
    moved = dict(
        zip(
            (heads.relations[at] for at in heads.row_head[heads.row].tolist()),
            (heads.logit - whole.heads.logit).tolist(),
            strict=True,
        )
    )
    assert moved == pytest.approx({"x": 1.0, "y": 3.0, "z": 2.0})
