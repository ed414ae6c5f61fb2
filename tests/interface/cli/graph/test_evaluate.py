"""``focusmesh eval``: tables, JSON as the reference shows it, questions of one's own, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.evaluation import Interval, evaluate
from focusmesh.interface.cli.graph.evaluate import verdict
from tests.engine.evaluation.worlds import library
from tests.interface.cli.test_reference import shape, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    path = tmp_path / "shelf.focusmesh"
    library().save(path)
    return path


def test_json_is_that_of_the_library_and_of_the_file(
    document: Callable[..., dict[str, Any]], shelf: Path, tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    found = document("eval", shelf, "--count", "8", "--seed", "5", "-o", path)
    assert found == evaluate(library(), count=8, seed=5).document()
    assert json.loads(path.read_text(encoding="utf-8")) == found


def test_the_reference_shows_the_document(
    document: Callable[..., dict[str, Any]], shelf: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"question": "", "answers": ["page3"], "context": ["page1"]}\n')
    found = document("eval", shelf, "--questions", asked)
    methods = found["tasks"][0]["methods"]
    found["tasks"][0]["methods"] = {name: methods[name] for name in ("recall", "degree")}
    assert shape(found) == shape(shown("eval"))


def test_one_table_a_task(invoke: Invoke, shelf: Path) -> None:
    done = invoke("eval", shelf, "--task", "links", "--task", "two-hop", "--count", "30")
    lines = done.stdout.splitlines()
    assert [line.split()[:3] for line in lines].count(["method", "recall@5", "recall@20"]) == 2
    recall = next(line for line in lines if line.startswith("recall  "))
    assert recall.split()[-1][-5:].replace(".", "").isdigit()  # nothing stands beside itself
    degree = [line for line in lines if line.startswith("degree")]
    assert all(line.split()[-1] == "worse" for line in degree)
    # What a table is of stands above it, whoever reads standard output alone.
    titles = [at for at, line in enumerate(lines) if line.startswith(("links: ", "two-hop: "))]
    assert [lines[at + 1].split()[0] for at in titles] == ["method", "method"]
    assert "two-hop: 3 words of each of 30 texts" in done.stdout


def test_tuning_tells_what_it_found(invoke: Invoke, shelf: Path) -> None:
    done = invoke("eval", shelf, "--task", "known-item", "--count", "5", "--tune")
    assert any(line.startswith("recall, as it was") for line in done.stdout.splitlines())
    assert "mean nDCG@10 of validation questions" in done.stderr
    assert "fewer than 20 questions" in done.stderr


def test_a_difference_is_one_where_its_interval_is() -> None:
    assert verdict(Interval(-0.2, -0.3, -0.1), 50) == "-0.200 worse"
    assert verdict(Interval(0.2, 0.1, 0.3), 50) == "+0.200 better"
    assert verdict(Interval(0.2, -0.1, 0.3), 50) == "+0.200 open"
    assert verdict(Interval(0.2, 0.1, 0.3), 19) == "+0.200 few"


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b'{"question": "x", "answers": ["nobody"]}', 3, "asked.jsonl:1: no particle is named"),
        (
            '{"question": "x\u2028y", "answers": ["nobody"]}'.encode(),
            3,
            "asked.jsonl:1: no particle",
        ),
        (b"\xff", 4, "not UTF-8"),
        (b"", 3, "no question in it"),
    ],
)
def test_wrong_questions(
    invoke: Invoke, shelf: Path, tmp_path: Path, content: bytes, code: int, told: str
) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_bytes(content)
    assert told in invoke("eval", shelf, "--questions", asked, code=code).stderr


def test_answers_lie_in_a_file_of_their_own(
    document: Callable[..., dict[str, Any]], invoke: Invoke, shelf: Path, tmp_path: Path
) -> None:
    asked, gold = tmp_path / "asked.jsonl", tmp_path / "gold.jsonl"
    asked.write_text('{"id": 1, "question": "page"}\n', "utf-8")
    gold.write_text('{"id": 1, "answers": ["page3"]}\n', "utf-8")
    [task] = document("eval", shelf, "--questions", asked, "--gold", gold)["tasks"]
    assert task["questions"] == 1
    assert "--questions" in invoke("eval", shelf, "--gold", gold, code=2).stderr


def test_what_is_refused(invoke: Invoke, shelf: Path, edges: Path, tmp_path: Path) -> None:
    assert "no task is named" in invoke("eval", shelf, "--task", "trivia", code=2).stderr
    both = ("--questions", "q.jsonl", "--tune")
    assert "leave out --task and --tune" in invoke("eval", shelf, *both, code=2).stderr
    assert (
        "there is no such file"
        in invoke("eval", shelf, "--questions", tmp_path / "none.jsonl", code=4).stderr
    )
    assert "exists" in invoke("eval", shelf, "-o", shelf, code=4).stderr
    assert "no questions to ask" in invoke("eval", edges, "--task", "two-hop", code=3).stderr


def test_one_of_a_thing_is_one_thing(invoke: Invoke, tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"question": "yeast", "answers": ["page3"]}\n')
    library().save(tmp_path / "shelf.focusmesh")
    done = invoke("eval", tmp_path / "shelf.focusmesh", "--questions", asked, "--quiet")
    assert done.stdout.startswith(f"questions: 1 question of {asked}\nmethod")
    pairs = invoke("eval", tmp_path / "shelf.focusmesh", "--task", "links", "--count", "1")
    assert pairs.stdout.startswith("links: 1 particle, each to find what it was linked to; ")


def test_embeddings_of_a_function_are_compared(
    document: Callable[..., dict[str, Any]],
    shelf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "vowels.py").write_text(
        "import numpy as np\n"
        "def embed(texts):\n"
        "    return np.array([[1 + text.count(v) for v in 'aeiou'] for text in texts], float)\n"
    )
    monkeypatch.chdir(tmp_path)
    found = document("eval", shelf, "--count", "8", "--embed", "vowels:embed")
    assert all("embeddings" in task["methods"] for task in found["tasks"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--embed", "nonsense"), "--embed is MODULE:FUNCTION"),
        (("--embed", "no_such_module_here:embed"), "No module named"),
        (("--embed", "broken:embed"), "SyntaxError"),
        (("--embed", "json:nothing"), "json has no function nothing"),
        (("--embed", "json:dumps", "--tune"), "leave out --tune"),
    ],
)
def test_what_is_no_function_is_refused(
    invoke: Invoke,
    shelf: Path,
    given: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (shelf.parent / "broken.py").write_text("def embed(:")
    monkeypatch.chdir(shelf.parent)
    done = invoke("eval", shelf, *given, code=2)
    assert words in done.stderr
