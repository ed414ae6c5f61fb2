"""``focusmesh tune``: a folder of model, report and proposals; and proposals on their way into a graph and a ledger."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh import CompiledModel, Graph
from tests.engine.tuning.cases import circles
from tests.interface.cli.conftest import EDGES, written
from tests.interface.cli.test_reference import shape, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]

QUICK = ("--steps", "4", "--batch", "16", "--layers", "3")


@pytest.fixture
def friends(tmp_path: Path) -> Path:
    path = tmp_path / "friends.focusmesh"
    circles(3, 6).save(path)
    return path


@pytest.fixture
def _with_torch(needs: Needs) -> None:
    needs("torch")
    needs("onnx")


@pytest.mark.usefixtures("_with_torch")
def test_the_folder_has_a_model_its_errors_a_report_and_proposals(
    document: Document, friends: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    told = document("tune", friends, "-o", folder, *QUICK, "--proposals", "5")
    assert shape(told) == shape(shown("tune"))
    assert sorted(path.name for path in folder.iterdir()) == [
        *("eps.json", "model.onnx", "proposals.csv", "report.json")
    ]
    graph = Graph.open(friends)
    model = CompiledModel.open(folder / "model.onnx")
    model.verify_root(graph)
    assert model.tuned is not None
    report = json.loads((folder / "report.json").read_text())
    assert report["measures"] == told["measures"]
    rows = list(csv.DictReader((folder / "proposals.csv").read_text().splitlines()))
    assert [(row["from"], row["to"]) for row in rows] == [
        (each["from"], each["to"]) for each in told["proposed"]
    ]
    assert len(rows) == 5


@pytest.mark.usefixtures("_with_torch")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_reviewed_proposals_become_links_of_a_graph(
    invoke: Invoke, document: Document, friends: Path, tmp_path: Path, suffix: str
) -> None:
    folder, after = tmp_path / "out", tmp_path / "after.focusmesh"
    document("tune", friends, "-o", folder, *QUICK, "--proposals", "4", "--as", suffix)
    path = folder / f"proposals.{suffix}"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))  # a reviewer takes the last one out
    done = invoke("import", friends, "--add", path, "-o", after)
    assert f"{path}: 3 links added" in done.stderr
    before, graph = Graph.open(friends), Graph.open(after)
    assert graph.link_count == before.link_count + 3
    assert list(graph.particles) == list(before.particles)
    told = json.loads(lines[0]) if suffix == "jsonl" else next(csv.DictReader(lines))
    (link,) = graph.between(told["from"], told["to"])
    assert link.relation == told["relation"]
    assert link.weight == 1.0


@pytest.mark.usefixtures("_with_torch")
def test_reviewed_proposals_are_signed_into_a_ledger(
    document: Document, ledger: Path, friends: Path, tmp_path: Path
) -> None:
    links = tmp_path / "links.csv"
    document("export", friends, "-o", links)
    document("import", links, "--ledger", ledger)
    folder = tmp_path / "out"
    told = document("tune", ledger, "-o", folder, *QUICK, "--proposals", "3")
    done = document("import", folder / "proposals.csv", "--ledger", ledger)
    assert (done["links"], done["bad"], done["rounded"]) == (3, 0, 0)
    with focusmesh.open(ledger) as graph:
        for each in told["proposed"]:
            assert graph.weight(each["from"], each["to"]) == 1.0


@pytest.mark.usefixtures("_with_torch")
def test_both_starts_are_compared(invoke: Invoke, friends: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("--against", "random", "--rank", "4", "--proposals", "0")
    done = invoke("tune", friends, "-o", folder, *QUICK, *words)
    methods = [line.partition("  ")[0] for line in done.stdout.splitlines()]
    assert methods[1:3] == ["tuned, compiled start", "tuned, random start"]
    assert "seed 2: from the random start the loss that " in done.stderr
    report = json.loads((folder / "report.json").read_text())["comparison"]
    assert [row["seed"] for row in report["steps_to_equal_loss"]] == [0, 1, 2]
    assert (folder / "proposals.csv").read_text() == "from,to,relation,weight,why\n"


@pytest.mark.usefixtures("_with_torch")
def test_what_is_wrong_is_said_before_anything_is_tuned(
    invoke: Invoke, friends: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    wrong = invoke("tune", friends, "-o", folder, "--against", "chance", code=2)
    assert "the other start is random" in wrong.stderr
    wrong = invoke("tune", friends, "-o", folder, "--as", "xls", code=2)
    assert "csv or jsonl" in wrong.stderr
    wrong = invoke("tune", friends, "-o", folder, "--rate", "0", code=2)
    assert "rate > 0" in wrong.stderr
    assert not folder.exists()
    folder.mkdir()
    written(folder / "proposals.csv", "from,to\n")
    wrong = invoke("tune", friends, "-o", folder, *QUICK, code=4)
    assert "exists; --force overwrites it" in wrong.stderr
    assert (folder / "proposals.csv").read_text() == "from,to\n"
    wrong = invoke("tune", friends, "-o", tmp_path / "no" / "where", *QUICK, code=4)
    assert "there is no folder" in wrong.stderr
    wrong = invoke("tune", friends, "-o", friends, *QUICK, code=4)
    assert "exists" in wrong.stderr
    few = written(tmp_path / "few.csv", EDGES)
    wrong = invoke("tune", few, "-o", tmp_path / "few", code=3)
    assert not (tmp_path / "few").exists()
    assert "4 linked pairs are too few" in wrong.stderr


def test_links_are_added_to_particles_that_are_there(
    invoke: Invoke, edges: Path, tmp_path: Path
) -> None:
    more = written(tmp_path / "more.csv", "from,to,weight,why\na,d,2,because\na,new,1,\na,b,5,\n")
    after = tmp_path / "after.focusmesh"
    told = invoke("import", edges, "--add", more, "--add", more, "-o", after).stderr
    assert f"{more}: 3 links added, 1 new particle\n" in told
    assert f"{more}: 3 links added, 0 new particles\n" in told
    graph = Graph.open(after)
    assert sorted(map(str, graph.particles)) == ["a", "b", "c", "d", "new"]
    assert (graph.weight("a", "d"), graph.weight("a", "b")) == (4.0, 110.0)
    wrong = invoke("import", edges, "--add", more, "--ledger", tmp_path / "l", code=2)
    assert "--add belongs to --output" in wrong.stderr


def test_numbers_stay_numbers(document: Document, tmp_path: Path) -> None:
    base = written(tmp_path / "base.txt", "1 2\n2 3\n")
    more = written(tmp_path / "more.csv", "from,to,weight,why\n3,1,1,x\n3,four,1,x\n")
    after = tmp_path / "after.focusmesh"
    document("import", base, "--format", "edge-list", "--add", more, "-o", after)
    graph = Graph.open(after)
    assert graph.particle_count == 4
    assert graph.link_count == 4


@pytest.mark.usefixtures("_with_torch")
def test_walks_of_a_file(invoke: Invoke, friends: Path, tmp_path: Path) -> None:
    walks = written(tmp_path / "walks.tsv", "p0\tp1\tp2\n\np3\tp4\np1\tp5\np2\tp4\n")
    done = invoke("tune", friends, "-o", tmp_path / "out", *QUICK, "--walks", walks)
    assert "tuned on 2 steps, tested on " in done.stderr or "tuned on 3 steps" in done.stderr
    written(walks, "p0\tp1\np0\tp99\n")
    wrong = invoke("tune", friends, "-o", tmp_path / "two", *QUICK, "--walks", walks, code=3)
    assert f"{walks}:2: no particle is named 'p99'" in wrong.stderr
    written(walks, "p0\u2028p1\tp1\n")
    wrong = invoke("tune", friends, "-o", tmp_path / "two", *QUICK, "--walks", walks, code=3)
    assert f"{walks}:1: no particle is named" in wrong.stderr


@pytest.mark.usefixtures("_with_torch")
def test_a_graph_too_large_says_how_to_take_a_part(invoke: Invoke, tmp_path: Path) -> None:
    ring = "".join(f"{at} {at + 1}\n" for at in range(4_096))
    large = written(tmp_path / "ring.txt", ring)
    words = ("tune", large, "--format", "edge-list", "-o", tmp_path / "out")
    told = "up to 4,096 are tuned together; take the surroundings of one with --from PARTICLE --count N"
    assert f"4,097 particles: {told}" in invoke(*words, code=3).stderr
    assert told in invoke(*words, "--from", "7", "--count", "5000", code=3).stderr
    assert not (tmp_path / "out").exists()
