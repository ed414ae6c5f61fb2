"""``focusmesh certify`` and ``verify``: what one writes the other checks, and says why it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Certificate, Graph, verify
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.interface.cli.conftest import EDGES, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


def test_a_certificate_is_written_and_holds(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.certificate"
    done = invoke("certify", edges, "-o", path)
    assert "200 bytes · 4 particles, 4 links · residual " in done.stderr
    assert done.stdout == ""
    checked = invoke("verify", edges, path)
    assert checked.stdout.startswith("valid: the focus with alpha 0.15, diffusion 0.5 and 8 ")
    assert verify(Graph.read(edges), Certificate.open(path)).residual <= 1e-8


def test_the_operator_and_the_unit(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path, halves = tmp_path / "c", written(tmp_path / "h.csv", EDGES.replace("50", "50.5"))
    made = document("certify", halves, "-o", path, "--pagerank", "--weight-unit", "0.5")
    assert made["params"] == {"alpha": 644245094, "diffusion": 2**32, "series": [0]}
    checked = document("verify", halves, path)
    timed = {"seconds": 0.0}
    assert {"output": str(path)} | checked | timed == made | timed
    assert checked["weight_unit"] == 0.5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("certify", "halves.csv", "-o", "new"), ExitCode.REFUSED, "weight_unit"),
        (("certify", "edges.csv", "-o", "new", "--weight-unit", "0"), ExitCode.USAGE, "positive"),
        (("certify", "edges.csv", "-o", "new", "--epsilon", "2"), ExitCode.USAGE, "epsilon"),
        (("certify", "edges.csv", "-o", "c"), ExitCode.FILE, "--force"),
        (("verify", "edges.csv", "absent"), ExitCode.FILE, "absent"),
        (("verify", "edges.csv", "edges.csv"), ExitCode.FILE, "does not begin as a certificate"),
        (("verify", "other.csv", "c"), ExitCode.REFUSED, "not the focus of this graph"),
        (("verify", "named.csv", "c"), ExitCode.REFUSED, "other names"),
        (("verify", "edges.csv", "c", "--epsilon", "1e-13"), ExitCode.REFUSED, "above 1e-13"),
    ],
)
def test_refusals(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: ExitCode,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "edges.csv", EDGES)
    written(tmp_path / "halves.csv", EDGES.replace("50", "50.5"))
    written(tmp_path / "other.csv", EDGES.replace("50", "51") + "b,a,3\n")
    written(tmp_path / "named.csv", EDGES.replace("d,", "e,"))
    invoke("certify", "edges.csv", "-o", "c")
    done = invoke(*words, code=code)
    assert said in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "new").exists()


def test_shards_write_the_same_bytes_whatever_their_number(
    invoke: Invoke, document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{count}.certificate" for count in (1, 3)]
    one = document("certify", edges, "-o", paths[0], "--shards", "1")
    three = invoke("certify", edges, "-o", paths[1], "--shards", "3")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sum(shard["particles"] for shard in one["shards"]) == one["particles"] == 4
    assert (one["bytes_per_sweep"], one["sweeps"] > 1, one["spectral_gap"] > 0) == (0, True, True)
    assert three.stdout.splitlines()[0].split()[:4] == ["shard", "particles", "links", "crossing"]
    assert len(three.stdout.splitlines()) == 4
    assert "bytes between shards a sweep" in three.stderr
    assert invoke("verify", edges, paths[1]).stdout.startswith("valid")


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--shards", "0"), "--shards"), (("--shards", "2", "--backend", "cuda"), "--backend cuda")],
)
def test_shards_that_cannot_be(
    invoke: Invoke, edges: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    refused = invoke("certify", edges, "-o", tmp_path / "c", *words, code=ExitCode.USAGE)
    assert told in refused.stderr
