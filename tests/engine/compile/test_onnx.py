"""Exported files: three evaluators agree, equal models are equal bytes, damage is told."""

from __future__ import annotations

import builtins
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.compile import CompiledModel, onnx_edges
from focusmesh.engine.compile import onnx_file as files
from focusmesh.engine.compile.onnx_graph import IR, OPSET
from focusmesh.errors import (
    DamagedFileError,
    FileError,
    InputError,
    MissingExtraError,
    NewerVersionError,
)
from tests.engine.compile.cases import FORMS, GRAPHS, LOW_RANK, PARAMS, random_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

    Run = Callable[[list[int]], np.ndarray]


def runners(content: bytes, needs: Needs) -> dict[str, Run]:
    """What runs a model, by name: index list → focus."""
    onnx, runtime = needs("onnx"), needs("onnxruntime")
    needs("onnx.reference")
    made = onnx.load_from_string(content)
    onnx.checker.check_model(made, full_check=True)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    evaluator = onnx.reference.ReferenceEvaluator(made)
    return {
        "runtime": lambda places: session.run(None, {"context": np.array(places, dtype=np.int64)})[
            0
        ],
        "reference": lambda places: evaluator.run(
            None, {"context": np.array(places, dtype=np.int64)}
        )[0],
    }


def assert_agree(model: CompiledModel, needs: Needs) -> None:
    last = len(model.particles) - 1
    run = runners(files.encode_model(model), needs)
    for places in ([0], [last], [0, last // 2, last], [last, last]):
        expected = model.forward({model.particles[at]: places.count(at) for at in places})
        for name, answer in run.items():
            found = answer(places)
            assert found.dtype == np.float64
            assert np.abs(found - expected).sum() < 1e-6, name


@pytest.mark.parametrize("options", FORMS, ids=str)
@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("name", GRAPHS)
def test_three_evaluators_agree(
    name: str, params: str, options: dict[str, Any], needs: Needs
) -> None:
    assert_agree(GRAPHS[name]().compile(None, PARAMS[params], layers=12, **options), needs)


@pytest.mark.parametrize("options", LOW_RANK, ids=str)
def test_three_evaluators_agree_on_low_rank(options: dict[str, Any], needs: Needs) -> None:
    assert_agree(random_graph(60, 300).compile(layers=30, **options), needs)


def test_the_faster_gather_of_large_graphs_is_the_same(
    monkeypatch: pytest.MonkeyPatch, needs: Needs
) -> None:
    graph = random_graph(30, 60)
    usual = files.encode_model(graph.compile(form="edges"))
    monkeypatch.setattr(onnx_edges, "ELEMENTS_FROM_PARTICLES", 0)
    model = graph.compile(form="edges")
    assert files.encode_model(model) != usual
    assert_agree(model, needs)


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_one_file_answers_contexts_drawn_after_export(
    options: dict[str, Any], tmp_path: Path, needs: Needs
) -> None:
    graph = random_graph(50, 200)
    path = tmp_path / "model.onnx"
    graph.compile(**options).to_onnx(path)
    run = runners(path.read_bytes(), needs)["runtime"]
    random = np.random.default_rng(9)
    for _ in range(100):
        places = random.choice(50, random.integers(1, 9), replace=False)
        truth = graph.focus(tolerance=1e-9, seeds=places.tolist()).scores
        answer = run(places.tolist())
        assert float((truth * np.log(truth / answer)).sum()) < 1e-9


def test_an_empty_context_is_the_global_focus(needs: Needs) -> None:
    graph = random_graph()
    run = runners(files.encode_model(graph.compile()), needs)["runtime"]
    assert np.abs(run([]) - graph.focus(tolerance=1e-9).scores).sum() < 1e-4


@pytest.mark.parametrize("options", [*FORMS, *LOW_RANK], ids=str)
def test_equal_models_are_equal_bytes(
    options: dict[str, Any], tmp_path: Path, needs: Needs
) -> None:
    needs("onnx")
    graph = random_graph(60, 300)
    path = tmp_path / "model.onnx"
    model = graph.compile(**options)
    model.to_onnx(path)
    assert files.encode_model(graph.copy().compile(**options)) == path.read_bytes()
    opened = CompiledModel.open(path)
    assert files.encode_model(opened) == path.read_bytes()
    np.testing.assert_allclose(opened.forward([3]), model.forward([3]), rtol=1e-14)
    opened.verify_root(graph)


def test_what_a_file_says_of_itself(tmp_path: Path, needs: Needs) -> None:
    onnx = needs("onnx")
    graph = random_graph()
    path = tmp_path / "model.onnx"
    graph.compile([3], count=9).to_onnx(path)
    made = onnx.load(path)
    told = {entry.key: entry.value for entry in made.metadata_props}
    assert (made.ir_version, [(o.domain, o.version) for o in made.opset_import]) == (
        IR,
        [("", OPSET)],
    )
    assert told["root"] == graph.root
    assert json.loads(told["params"])["alpha"] == 0.15
    assert {node.domain for node in made.graph.node} == {""}
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "length"
    errors = json.loads((tmp_path / files.ERRORS_FILE).read_text())
    assert errors["model"] == "model.onnx"
    assert errors["root"] == graph.root
    assert set(errors["baselines"]) == {
        "uniform",
        "pagerank",
        "global focus",
        "personalised pagerank",
    }


@pytest.mark.parametrize(
    "names",
    [["ä", "b\n", "\ud800"], [b"\0" * 32, b"\1" * 32, b"\2" * 32], [7, "x", b"y"], [9, 5, 7]],
)
def test_names_survive(names: list[Any], tmp_path: Path, needs: Needs) -> None:
    needs("onnx")
    graph = Graph.from_edges(names[:2], names[1:], relation=[names[0], names[1]])
    path = tmp_path / "model.onnx"
    graph.compile([names[0]], count=3).to_onnx(path)
    opened = CompiledModel.open(path)
    assert set(opened.particles) == set(names)
    assert opened.seeds == (names[0],)
    assert set(opened.heads.relations) <= set(names)


def test_names_that_cannot_be_written(needs: Needs) -> None:
    needs("onnx")
    with pytest.raises(InputError, match="cannot be saved"):
        Graph.from_edges([("a",)], [("b",)]).compile()


def test_files_above_two_gigabytes_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, needs: Needs
) -> None:
    needs("onnx")
    monkeypatch.setattr(files, "FILE_BYTES_MAX", 10_000)
    with pytest.raises(InputError, match=r"the file would have 0\.\d+ GB, more than the 2 GB"):
        random_graph(200, 900).compile(form="edges").to_onnx(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def changed(content: bytes, onnx: Any, **told: Any) -> bytes:
    made = onnx.load_from_string(content)
    for entry in made.metadata_props:
        if entry.key == "focusmesh":
            entry.value = json.dumps(json.loads(entry.value) | told)
    return bytes(made.SerializeToString())


def test_files_that_are_no_models(tmp_path: Path, needs: Needs) -> None:
    onnx = needs("onnx")
    path = tmp_path / "model.onnx"
    with pytest.raises(FileError, match="cannot read"):
        CompiledModel.open(path)
    foreign = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []))
    for content, word in (
        (b"", "not one that focusmesh compiled"),
        (b"no protobuf at all", "not an ONNX file"),
        (foreign.SerializeToString(), "not one that focusmesh compiled"),
    ):
        path.write_bytes(content)
        with pytest.raises(DamagedFileError, match=word):
            CompiledModel.open(path)


@pytest.mark.parametrize(
    "told",
    [
        {"form": "round"},
        {"method": "svd"},
        {"rank": 3},
        {"layers": "many"},
        {"layers": -1},
        {"params": {"alpha": 2.0}},
        {"params": None},
        {"relations": []},
        {"head_rows": [1]},
        {"relations": [None]},
        {"seeds": [[1]]},
    ],
    ids=str,
)
def test_metadata_that_does_not_fit_is_damage(told: dict[str, Any], needs: Needs) -> None:
    onnx = needs("onnx")
    content = changed(files.encode_model(random_graph().compile()), onnx, **told)
    with pytest.raises(DamagedFileError, match=r"m\.onnx: damaged"):
        files.decode_model(CompiledModel, content, "m.onnx")


@pytest.mark.parametrize("name", ["target", "row", "row_source", "first", "logit", "gate"])
def test_places_outside_of_the_graph_are_damage(name: str, needs: Needs) -> None:
    onnx = needs("onnx")
    made = onnx.load_from_string(files.encode_model(random_graph().compile()))
    for part in made.graph.initializer:
        if part.name == name:
            array = onnx.numpy_helper.to_array(part).copy()
            array[0] = np.inf if array.dtype.kind == "f" else 1_000
            part.CopyFrom(onnx.numpy_helper.from_array(array, name))
    with pytest.raises(DamagedFileError, match=r"m\.onnx: damaged"):
        files.decode_model(CompiledModel, made.SerializeToString(), "m.onnx")


def test_weights_in_another_file_are_not_opened(needs: Needs) -> None:
    onnx = needs("onnx")
    made = onnx.load_from_string(files.encode_model(random_graph().compile(layers=2)))
    part = made.graph.initializer[0]
    part.data_location = onnx.TensorProto.EXTERNAL
    part.external_data.add(key="location", value="secret")
    with pytest.raises(DamagedFileError, match="lie in another file"):
        files.decode_model(CompiledModel, made.SerializeToString(), "m.onnx")


def test_a_newer_format_is_told(needs: Needs) -> None:
    onnx = needs("onnx")
    content = changed(files.encode_model(random_graph().compile()), onnx, format=2)
    with pytest.raises(NewerVersionError, match="format version 2; this focusmesh reads up to 1"):
        files.decode_model(CompiledModel, content, "m.onnx")


def test_cut_files_are_damage_or_nothing_else(needs: Needs) -> None:
    needs("onnx")
    content = files.encode_model(random_graph(8, 12).compile(layers=2))
    refused = 0
    for end in range(0, len(content), 97):
        try:
            files.decode_model(CompiledModel, content[:end], "m.onnx")
        except DamagedFileError:
            refused += 1
    assert refused == len(range(0, len(content), 97))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model, load = random_graph().compile(), builtins.__import__

    def absent(name: str, *rest: Any, **options: Any) -> Any:
        if name == "onnx":
            raise ModuleNotFoundError(name="onnx")
        return load(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[onnx\]"):
        model.to_onnx(tmp_path / "model.onnx")
