"""Tuning finds what there is to find, the same way twice; its model is like any other; what is wrong is said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import CompiledModel, Graph
from focusmesh.engine.tuning import TuneParams, compare, tune
from focusmesh.engine.tuning import tuning as module
from focusmesh.errors import (
    InputError,
    MissingExtraError,
    ParameterError,
    UnknownParticleError,
)
from tests.engine.tuning.cases import circles

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step
    from tests.conftest import Needs

QUICK = TuneParams(steps=20, batch=32, layers=4)


@pytest.fixture(autouse=True)
def _with_torch(needs: Needs) -> None:
    needs("torch")


def test_the_loss_falls_and_the_best_weights_are_kept() -> None:
    tuned = tune(circles().compile(), replace(QUICK, steps=40, rate=0.05))
    losses = [point.validation for point in tuned.curve]
    assert losses[-1] < losses[0]
    assert tuned.report["best_step"] == tuned.curve[int(np.argmin(losses))].step
    assert set(tuned.found) == {
        *("tuned", "compiled", "personalised pagerank", "adamic-adar", "common neighbours")
    }
    assert tuned.found["tuned"].auc.mean() > 0.7


def test_relations_that_say_nothing_lose_their_weight() -> None:
    tuned = tune(circles().compile(), replace(QUICK, steps=60, rate=0.05))
    heads = tuned.model.heads
    relation = heads.row_head[heads.row]
    mean = {name: heads.logit[relation == at].mean() for at, name in enumerate(heads.relations)}
    assert mean["knows"] > mean["meets"] + 0.1


def test_the_same_seed_gives_the_same_bits() -> None:
    for kind in ({}, {"rank": 5, "method": "svd"}):
        model = circles(3, 6).compile(form="dense", **kind)  # type: ignore[arg-type]
        one, same = tune(model, QUICK), tune(model, QUICK)
        assert one.curve == same.curve
        assert one.report == same.report
        assert one.proposals(5) == same.proposals(5)


def test_a_tuned_model_is_a_model(needs: Needs, tmp_path: Path) -> None:
    needs("onnx")
    runtime = needs("onnxruntime")
    graph = circles()
    for kind in ({}, {"rank": 5, "method": "svd"}):
        model = tune(graph.compile(form="dense", **kind), QUICK).model  # type: ignore[arg-type]
        model.to_onnx(tmp_path / "m.onnx")
        opened = CompiledModel.open(tmp_path / "m.onnx")
        opened.verify_root(graph)
        assert opened.tuned is not None
        assert opened.tuned == model.tuned
        assert (opened.tuned["start"], opened.tuned["seed"]) == ("compiled", 0)
        assert opened.layers == QUICK.layers
        session = runtime.InferenceSession(
            str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"]
        )
        answer = model.forward(["p3"])
        assert np.abs(opened.forward(["p3"]) - answer).max() < 1e-12
        (out,) = session.run(None, {"context": np.array([graph.index("p3")])})
        assert np.abs(out - answer).max() < 1e-9
        errors = json.loads((tmp_path / "eps.json").read_text())
        assert errors["tuned"]["seed"] == 0
        assert all(row["bound"] is None for row in errors["errors"])


def test_factors_are_applied_as_they_were_tuned() -> None:
    tuned = tune(circles(2, 6).compile(form="edges", rank=4, method="svd"), QUICK)
    same = tune(circles(2, 6).compile(form="dense", rank=4, method="svd"), QUICK)
    assert tuned.model.form == "dense"
    assert np.allclose(tuned.model.forward(["p1"]), same.model.forward(["p1"]), atol=1e-9)


def test_rows_still_sum_to_one_and_distances_still_shrink() -> None:
    model = tune(circles().compile(), replace(QUICK, rate=0.1)).model
    assert np.allclose(model.heads.walk().sum(axis=1), 1)
    assert np.allclose(model.heads.both_ways().sum(axis=1), 1)
    near, far = model.forward(["p1"], 200), model.forward(["p1"], 20)
    assert np.abs(near - far).sum() <= model.bound(20)


def test_what_the_graph_lacks_is_proposed_with_reasons() -> None:
    graph = circles()
    tuned = tune(graph.compile(), QUICK)
    proposals = tuned.proposals(12)
    assert len(proposals) == 12
    for each in proposals:
        assert not graph.between(each.source, each.target)
        assert not graph.between(each.target, each.source)
        assert each.weight == 1.0
        assert each.why.startswith("both linked with p")
    same = [int(str(p.source)[1:]) // 8 == int(str(p.target)[1:]) // 8 for p in proposals]
    assert np.mean(same) > 0.9
    assert {each.relation for each, within in zip(proposals, same, strict=True) if within} == {
        "knows"
    }
    before = graph.link_count
    graph.update(each.edge for each in proposals)
    assert graph.link_count == before + 12


def test_both_starts_are_told_of_side_by_side() -> None:
    told = compare(circles(3, 6).compile(rank=6, method="svd"), QUICK, seeds=(0, 1))
    assert list(told.runs) == ["compiled", "random"]
    rows = list(told.steps_to_equal_loss())
    assert [row["seed"] for row in rows] == [0, 1]
    for row, compiled, random in zip(rows, *told.runs.values(), strict=True):
        losses = [point.validation for point in random.curve]
        assert row["random_best_loss"] == min(losses)
        assert row["random_steps"] == random.curve[int(np.argmin(losses))].step
        reached = [point.step for point in compiled.curve if point.validation <= min(losses)]
        assert row["compiled_steps"] == (reached[0] if reached else None)
    measures = told.measures()
    gain = told.gains("tuned, random start")["auc"]
    both = (measures[f"tuned, {start} start"]["auc"][0] for start in ("compiled", "random"))
    first, second = both
    assert gain[0] == pytest.approx(first - second)
    assert gain[1] <= gain[0] <= gain[2]
    json.dumps(told.report)
    assert set(told.precision([20])) == set(measures)


def test_an_interrupt_ends_it() -> None:
    def stop(step: Step) -> None:
        if step.what.startswith("tuning"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(circles(2, 6).compile(), QUICK, stop)


def test_what_cannot_be_tuned_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = circles(2, 6).compile()
    with pytest.raises(InputError, match="tuned before"):
        tune(tune(model, QUICK).model, QUICK)
    bare = Graph.from_edges([0], [0], particles=3).compile()
    with pytest.raises(InputError, match="no links to tune on"):
        tune(bare)
    monkeypatch.setattr(module, "PARTICLES_MAX", 5)
    with pytest.raises(InputError, match="up to 5 are tuned together; compile the surroundings"):
        tune(model)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[ml\]"):
        tune(circles(2, 6).compile())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": -1}, "steps ≥ 0"),
        ({"batch": 0}, "batch ≥ 1"),
        ({"layers": 0}, "layers ≥ 1"),
        ({"rate": 0.0}, "rate > 0"),
        ({"rate": float("nan")}, "rate = nan to be a finite number"),
        ({"decay": -0.1}, "decay ≥ 0"),
        ({"test": 0.6, "validation": 0.4}, r"test \+ validation < 1"),
        ({"start": "warm"}, "start is one of compiled, random"),
        ({"seed": True}, "seed ≥ 0"),
    ],
)
def test_parameters_keep_their_inequalities(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        TuneParams(**given)


def round_table(count: int) -> tuple[Graph, list[list[int]]]:
    """Everybody is linked with everybody, and walks always go on to the next."""
    pairs = [(one, other) for one in range(count) for other in range(count) if one != other]
    walks = [[(start + step) % count for step in range(4)] for start in range(count)] * 3
    return Graph.from_edges(*zip(*pairs, strict=True)), walks


def test_walks_teach_which_way_people_go() -> None:
    graph, walks = round_table(10)
    tuned = tune(graph.compile(), replace(QUICK, steps=40, rate=0.1, decay=0.0), walks=walks)
    mrr = {name: found.reciprocal.mean() for name, found in tuned.found.items()}
    assert mrr["tuned"] > 0.8 > mrr["compiled"] + 0.5
    assert tuned.split.observed
    assert not tuned.precision
    assert len(tuned.split.test) == 3 * round(0.15 * 30)
    json.dumps(tuned.report)
    assert tuned.proposals(3) == []


def test_walks_that_cannot_be_used_are_said() -> None:
    model = circles(2, 6).compile()
    with pytest.raises(InputError, match="2 walks with a step are too few"):
        tune(model, QUICK, walks=[["p0", "p1"], ["p1", "p2"], ["p3", "p3"], []])
    with pytest.raises(InputError, match="none is left to tune on"):
        tune(model, replace(QUICK, test=0.5, validation=0.45), walks=[["p0", "p1"]] * 3)
    with pytest.raises(UnknownParticleError, match="'nobody'"):
        tune(model, QUICK, walks=[["p0", "nobody"]] * 3)
