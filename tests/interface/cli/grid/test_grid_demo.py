"""``focusmesh grid demo``: few steps on short texts of all eight kinds."""

from __future__ import annotations

import importlib
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.grid.model import Model, QuantisedModel
from focusmesh.interface.cli.grid.logs import log_lines
from focusmesh.interface.cli.grid.texts import TextKind, local_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke

KINDS = ["python", "prose", "html", "json", "csv", "log", "c", "bytecode"]
FEW = ("--steps", "12", "--snippets", "4")


@pytest.fixture(scope="module")
def texts() -> dict[str, TextKind]:
    """Little of each kind."""
    return local_texts(20_000)


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch, texts: dict[str, TextKind]) -> None:
    module = importlib.import_module("focusmesh.interface.cli.grid.texts")
    monkeypatch.setattr(module, "local_texts", lambda train_bytes: texts)


@pytest.mark.usefixtures("_short")
def test_it_trains_compares_recognises_and_votes(
    document: Callable[..., dict[str, Any]], tmp_path: Path, needs: Needs
) -> None:
    needs("matplotlib")
    needs("nacl")
    found = document("grid", "demo", *FEW, "--output-dir", tmp_path / "new")
    assert [row["kind"] for row in found["judged"]] == KINDS
    for row in found["judged"]:
        nats = {way: row[way] for way in ("model", "int8", "unigram", "bigram", "trigram", "gzip")}
        assert row["best"] == min(nats, key=lambda way: nats[way])
        assert nats["int8"] == pytest.approx(nats["model"], rel=0.01)
    told = found["recognised"]
    assert told["snippets"] == 32
    for way in ("cube", "trigram", "gzip"):
        assert told[way]["low"] <= told[way]["value"] <= told[way]["high"]
    assert told["trigram"]["value"] > 0.5
    assert found["ensemble"]["interval"][0] <= found["ensemble"]["gain"]
    assert [(row["operation"], row["blocks"]) for row in found["interlock"]] == [
        (operation, 10_000) for operation in ("activate", "sync", "clear", "process")
    ]
    assert all(0 < at <= 50 for at in found["kappa"]["settled_after"].values())
    assert found["vote"]["bad"] == {"NEU": "equivocate", "SWD": "lie"}
    assert found["vote"]["caught"] == ["NEU"]
    _verify_output(found["output"], tmp_path / "new")


def _verify_output(paths: list[str], folder: Path) -> None:
    assert len(paths) == 22
    assert sorted(paths) == sorted(str(path) for path in folder.iterdir())
    model = Model.load(folder / "log.femto")
    assert QuantisedModel.load(folder / "log.femto8").digest == model.quantise().digest
    for name in ("learning", "recognised", "kappa", "array"):
        assert (folder / f"grid-{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("_short")
def test_without_matplotlib_it_says_what_is_missing(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = importlib.import_module("focusmesh.interface.cli.shared.pictures")
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    done = invoke("grid", "demo", "--steps", "2", "--snippets", "2", "--output-dir", tmp_path)
    assert "not drawn: a picture needs the extra 'plot'" in done.stdout
    assert "9 models learnt for 2 steps" in done.stdout
    assert "agreed in 1 round(s)" in done.stdout
    assert not list(tmp_path.glob("*.png"))


def test_texts_are_the_same_each_time_and_what_is_kept_out_is_apart(
    texts: dict[str, TextKind],
) -> None:
    assert texts == local_texts(20_000)
    assert list(texts) == KINDS
    for kind in texts.values():
        assert 15_000 < len(kind.train) <= 20_000
        assert 2_000 < len(kind.kept_out) <= 4_000
        assert kind.kept_out[:400] not in kind.train


def test_lines_of_a_log_are_drawn_by_a_seed() -> None:
    first, again, other = (
        list(islice(log_lines(50, np.random.default_rng(seed)), 50)) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert all(line.startswith("2026-03-") and line.endswith("\n") for line in first)
    assert first == sorted(first, key=lambda line: line[:19])
