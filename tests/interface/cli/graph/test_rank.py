"""``focusmesh rank``: the shape of its JSON, the marks of its table, every way in."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.support import parallel
from tests.interface.cli.conftest import EDGES, FOCUS, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

KEYS = ["params", "particles", "links", "residual", "bound", "seconds", "backend", "items"]


def test_json_is_one_object_of_known_shape(
    document: Callable[..., dict[str, Any]], edges: Path
) -> None:
    found = document("rank", edges)
    assert list(found) == KEYS
    assert found["params"] == asdict(FocusParams())
    assert (found["particles"], found["links"]) == (4, 4)
    assert 0 <= found["residual"] <= found["bound"] <= 1e-6
    assert found["seconds"] >= 0
    assert [list(item) for item in found["items"]] == [["particle", "score"]] * 4
    for item in found["items"]:
        assert item["score"] == pytest.approx(FOCUS[item["particle"]], abs=found["bound"] + 1e-12)


def test_items_are_the_first_ten_unless_told(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    ring = "".join(f"{i} {(i + 1) % 30}\n{i} 0\n" for i in range(30))
    path = written(tmp_path / "ring.txt", ring)
    assert len(document("rank", path)["items"]) == 10
    assert len(document("rank", path, "--top", "3")["items"]) == 3
    assert len(document("rank", path, "--all")["items"]) == 30
    first = document("rank", path)["items"][0]["particle"]
    assert first == 0
    assert type(first) is int


@pytest.mark.parametrize(
    ("options", "params"),
    [
        (("--alpha", "0.3", "--terms", "12"), FocusParams(alpha=0.3, terms=12)),
        (("--mu", "2", "--tau", "0.5"), FocusParams(mu=2.0, tau=0.5)),
        (
            ("--diffusion", "0.6", "--springs", "0.4", "--heat", "0"),
            FocusParams(diffusion=0.6, springs=0.4, heat=0.0),
        ),
        (("--pagerank",), FocusParams.pagerank()),
        (("--pagerank", "--damping", "0.5"), FocusParams.pagerank(0.5)),
    ],
)
def test_options_are_the_parameters(
    document: Callable[..., dict[str, Any]],
    edges: Path,
    options: tuple[str, ...],
    params: FocusParams,
) -> None:
    found = document("rank", edges, *options, "--tolerance", "1e-9")
    assert found["params"] == asdict(params)
    assert found["bound"] <= 1e-9
    scores = Graph.read(edges).focus(params, 1e-9)
    assert found["items"][0]["score"] == pytest.approx(scores.top(1)[0].score, abs=2e-9)


def test_the_table_marks_what_the_bound_does_not_separate(invoke: Invoke, tmp_path: Path) -> None:
    twins = written(tmp_path / "twins.csv", "hub,left\nhub,right\n")
    done = invoke("rank", twins)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["rank", "focus", "particle"]
    marked = [line for line in lines if "≈" in line]
    assert len(marked) == 1
    assert marked[0].split()[-1] in {"left", "right"}
    assert "do not separate" in done.stderr


def test_the_certificate_goes_to_stderr(invoke: Invoke, edges: Path) -> None:
    done = invoke("rank", edges)
    for word in ("bound", "residual", "iterations", " s"):
        assert word in done.stderr
        assert word not in done.stdout
    assert invoke("rank", edges, "--quiet").stderr == ""
    assert invoke("rank", edges, "-q").stdout == done.stdout


def test_standard_input_needs_a_format(invoke: Invoke) -> None:
    done = invoke("rank", "-", "--format", "csv", "--quiet", stdin=EDGES)
    assert done.stdout.splitlines()[1].split()[-1] == "a"
    refused = invoke("rank", "-", code=2, stdin=EDGES)
    assert "--format" in refused.stderr


def test_a_folder_of_source_is_a_graph(invoke: Invoke, tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    written(package / "__init__.py", '"""A shop."""\n')
    written(package / "till.py", "from shop import shelf\n\ndef pay():\n    shelf.take()\n")
    written(package / "shelf.py", "def take():\n    return 1\n")
    done = invoke("rank", package, "--all")
    assert "shelf" in done.stdout
    without = invoke("rank", package, "--all", "--exclude", "till.py")
    assert "till" not in without.stdout


def test_a_saved_graph_ranks_the_same(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    saved = tmp_path / "edges.focusmesh"
    invoke("import", edges, "-o", saved)
    assert invoke("rank", saved).stdout == invoke("rank", edges).stdout


def test_columns_are_chosen_by_name(invoke: Invoke, tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", "who,what,how\nx,y,1\nz,y,5\n")
    done = invoke("rank", table, "--columns", "source=who,target=what,weight=how")
    assert done.stdout.splitlines()[1].split()[-1] == "y"
    unclear = written(tmp_path / "t.jsonl", '{"from": "x", "what": "y"}\n')
    assert "say which: --columns target=..." in invoke("rank", unclear, code=3).stderr
    refused = invoke("rank", table, "--columns", "who", code=2)
    assert "ROLE=NAME" in refused.stderr


def test_bad_lines_are_counted_and_named(invoke: Invoke, tmp_path: Path) -> None:
    text = EDGES + "a,b,nan\n" * 5
    path = written(tmp_path / "bad.csv", text)
    done = invoke("rank", path)
    assert "5 bad lines left out of 10" in done.stderr
    assert len(re.findall(r"bad\.csv:[0-9]+:", done.stderr)) == 3
    assert "bad.csv:6: " in done.stderr
    assert "… and 2 more" in done.stderr
    strict = invoke("rank", path, "--strict", code=3)
    assert "bad.csv:6: " in strict.stderr
    assert strict.stdout == ""


def test_of_documents_files_are_left_out(invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"\xff")
    told = invoke("rank", folder, code=3).stderr
    assert f"nothing could be read of {folder}: {folder / 'a.md'}:1: 0xff is not UTF-8" in told
    written(folder / "b.md", "see [[c]]")
    told = invoke("rank", folder).stderr
    assert "1 file could not be read, or not all of it:" in told
    assert "a.md:1: 0xff is not UTF-8" in told


def test_bad_lines_of_standard_input_name_it(invoke: Invoke) -> None:
    done = invoke("rank", "-", "--format", "csv", stdin=EDGES + "a,b,-1\n")
    assert "stdin:6: " in done.stderr
    strict = invoke("rank", "-", "--format", "csv", "--strict", code=3, stdin=EDGES + "a,b,-1\n")
    assert "stdin:6: " in strict.stderr


def test_threads_change_nothing_but_the_time(
    document: Callable[..., dict[str, Any]], invoke: Invoke, edges: Path
) -> None:
    one, all_cores = document("rank", edges, "--threads", "1"), document("rank", edges)
    assert one | {"seconds": 0} == all_cores | {"seconds": 0}
    assert "threads" in invoke("rank", edges, "--threads", "0", code=2).stderr


def test_threads_are_limited_for_the_command(
    invoke: Invoke, edges: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(parallel, "cores", lambda: 4)
    monkeypatch.setattr(Graph, "focus", _noting(seen))
    invoke("rank", edges, "--threads", "3")
    assert seen == [3]
    assert parallel.thread_count() == 4


def _noting(seen: list[int]) -> Callable[..., Any]:
    solve = Graph.focus

    def noted(*given: Any, **options: Any) -> Any:
        seen.append(parallel.thread_count())
        return solve(*given, **options)

    return noted


def test_an_estimate_in_place_of_a_ranking(
    document: Callable[..., dict[str, Any]], invoke: Invoke, edges: Path
) -> None:
    found = document("rank", edges, "--estimate")
    assert list(found) == ["estimate"]
    expected = Graph.read(edges).estimate()
    assert found["estimate"] == asdict(expected) | {"fits": True}
    told = invoke("rank", edges, "--estimate", "--pagerank")
    assert told.stdout == f"{Graph.read(edges).estimate(FocusParams.pagerank())} · fits\n"


def test_what_does_not_fit_is_refused(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.engine.focus.solve.cost_model.ASKED_FROM_BYTES", 0)
    monkeypatch.setattr("focusmesh.engine.focus.solve.cost_model.free_memory_bytes", lambda: 1000)
    path = written(tmp_path / "g.csv", EDGES)
    assert "does not fit" in invoke("rank", path, "--estimate").stdout
    refused = invoke("rank", path, code=4)
    assert "needs" in refused.stderr
    assert "are free" in refused.stderr
