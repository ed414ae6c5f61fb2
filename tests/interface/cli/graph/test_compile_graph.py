"""``focusmesh compile``: a file and its errors, what it is of, and what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import CompiledModel, Graph
from tests.interface.cli.conftest import EDGES, written
from tests.interface.cli.test_reference import shape, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke


@pytest.fixture(autouse=True)
def _with_onnx(needs: Needs) -> None:
    needs("onnx")


def test_the_document_is_the_report_and_the_reference_shows_it(
    document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    path = tmp_path / "m.onnx"
    found = document("compile", edges, "-o", path)
    assert shape(found) == shape(shown("compile"))
    model = CompiledModel.open(path)
    assert model.report is not None
    assert found["errors"] == model.report["errors"]
    assert found["root"] == Graph.read(edges).root
    assert json.loads((tmp_path / "eps.json").read_text())["errors"] == found["errors"]


def test_options_reach_the_model(
    document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    path = tmp_path / "m.onnx"
    options = ("--from", "d", "--count", "3", "--rank", "2", "--layers", "9", "--beta", "0.25")
    found = document("compile", edges, "-o", path, *options, "--pagerank")
    assert (found["seeds"], found["particles"], found["layers"]) == (["d"], 3, 9)
    assert (found["method"], found["rank"], found["beta"]) == ("svd", 2, 0.25)
    assert found["kappa"] == pytest.approx(0.85)
    within = document(
        "compile", edges, "-o", path, "--force", "--within", "1e-6", "--form", "edges"
    )
    assert (within["layers"], within["form"]) == (187, "edges")


def test_a_table_of_errors_and_a_check(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    done = invoke("compile", edges, "-o", path, "--from", "a", "--count", "4")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["model", "layers", "KL", "largest", "KL", "largest", "L1"]
    assert lines[-1].startswith("personalised pagerank")
    assert "around a" in done.stderr
    assert "4 particles" in done.stderr
    checked = invoke("compile", edges, "--check", path)
    assert checked.stdout.startswith(f"{path} is of this graph: root ")
    other = written(tmp_path / "other.csv", EDGES + "a,c,1\n")
    refused = invoke("compile", other, "--check", path, code=3)
    assert "the model was compiled from another graph: its root is" in refused.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "say --output FILE to write a model, or --check FILE"),
        (("-o", "m.onnx", "--check", "m.onnx"), 2, "say --output FILE"),
        (("--check", "none.onnx"), 4, "no such file"),
        (("--check", "g.csv"), 4, "not an ONNX file"),
        (("-o", "m.onnx", "--from", "nobody"), 3, "no particle is named 'nobody'"),
        (("-o", "m.onnx", "--form", "round"), 2, "form is one of"),
        (("-o", "m.onnx", "--method", "nmf"), 2, "a rank with the methods"),
        (("-o", "m.onnx", "--within", "0"), 2, "must be positive and finite"),
        (("-o", "there.onnx"), 4, "exists; --force"),
    ],
)
def test_what_is_wrong_is_told(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "g.csv", EDGES)
    written(tmp_path / "there.onnx", "")
    assert message in invoke("compile", "g.csv", *words, code=code).stderr


def test_an_empty_graph_is_told(invoke: Invoke, tmp_path: Path) -> None:
    empty = tmp_path / "empty.focusmesh"
    Graph.from_edges([], []).save(empty)
    done = invoke("compile", empty, "-o", tmp_path / "m.onnx", code=3)
    assert "the graph has no particles" in done.stderr


def test_eps_json_of_another_model_is_not_overwritten(
    invoke: Invoke, edges: Path, tmp_path: Path
) -> None:
    written(tmp_path / "eps.json", "{}")
    done = invoke("compile", edges, "-o", tmp_path / "m.onnx", code=4)
    assert "eps.json: exists; --force overwrites it" in done.stderr


def test_a_model_of_a_ledger_names_its_state_and_height(
    document: Callable[..., dict[str, Any]], invoke: Invoke, ledger: Path, tmp_path: Path
) -> None:
    invoke("tx", "link", "a", "b")
    path = tmp_path / "m.onnx"
    found = document("compile", ledger, "-o", path)
    header = document("chain", "header")
    assert found["root"] == f"{header['state_root']}@{header['height']}"
    invoke("compile", ledger, "--check", path)
    invoke("tx", "link", "b", "c")
    refused = invoke("compile", ledger, "--check", path, code=3).stderr
    assert "another graph: its root is" in refused
    assert f"@{header['height']}" in refused
    invoke("compile", f"{ledger}@{header['height']}", "--check", path)
