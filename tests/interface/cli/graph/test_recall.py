"""``focusmesh recall`` and ``focusmesh ask``: the library's answers, page by page, from files and ledgers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh import Graph
from focusmesh.errors import InputError
from tests.engine.recall.worlds import animals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.focusmesh"
    animals().save(path)
    return path


def test_json_is_the_answer_of_the_library(
    document: Callable[..., dict[str, Any]], zoo: Path
) -> None:
    found = document("recall", zoo, "quick animals", "--top", "3", "--why")
    assert list(found) == [
        *("question", "entries", "params", "effort", "bound", "visits", "seconds", "root"),
        *("cursor", "items"),
    ]
    recalled = Graph.open(zoo).recall("quick animals", 3)
    assert [item["particle"] for item in found["items"]] == list(recalled.particles)
    for item, own in zip(found["items"], recalled, strict=True):
        assert item["score"] == own.score
        assert item["text"] == own.text
        assert own.path is not None
        assert item["path"]["particles"] == list(own.path.particles)
    assert (found["root"], found["cursor"]) == (recalled.root, recalled.cursor)
    after = document("recall", zoo, "quick animals", "--cursor", found["cursor"])
    assert len(after["items"]) == 2
    assert after["cursor"] is None


def test_a_table_a_prompt_and_what_comes_next(invoke: Invoke, zoo: Path) -> None:
    done = invoke("recall", zoo, "quick animals", "-n", "2")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["rank", "value", "particle", "text"]
    assert len(lines) == 3
    assert "2 entry particles · bound " in done.stderr
    assert "more: --cursor " in done.stderr
    prompt = invoke("recall", zoo, "quick animals", "--prompt", "--budget-tokens", "30", "-q")
    recalled = Graph.open(zoo).recall("quick animals", budget_tokens=30)
    assert prompt.stdout == recalled.prompt + "\n"
    nothing = invoke("recall", zoo, "thermodynamics")
    assert nothing.stdout == ""
    assert "no name and no text has a word of the question" in nothing.stderr


def test_filters_contexts_and_an_index_that_stays(
    invoke: Invoke, document: Callable[..., dict[str, Any]], zoo: Path, tmp_path: Path
) -> None:
    def names(*words: str | Path) -> set[str]:
        return {item["particle"] for item in document("recall", zoo, *words)["items"]}

    assert names("animal", "--relation", "eats") == {"dog", "bone"}
    assert names("animal", "--author", "ada", "--since", "5") == {"dog", "bone"}
    assert names("animal", "--with-text") == {"fox", "dog", "bridge"}
    assert "fox" not in names("--from", "fox")
    assert "fox" in names("--from", "fox", "--include-context")
    assert names("animal", "--mmr", "0.5") == names("animal")
    assert names("animal", "--index", tmp_path / "words") == names("animal")
    assert (tmp_path / "words" / "focusmesh.json").exists()


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    path = tmp_path / "diary.csv"
    path.write_text(
        "source,target,time\na,b,2024-05-30T23:59:59\na,c,2024-05-31T12:00\na,d,2024-06-01\n"
    )
    return path


@pytest.mark.parametrize(
    ("times", "listed"),
    [
        (("--since", "2024-05-31"), {"c", "d"}),
        (("--until", "2024-05-31"), {"b", "c"}),
        (("--until", "2024-05-31T11:59:59"), {"b"}),
        (("--since", "2024-05-31T14:00+02:00", "--until", "2024-05-31T12:00Z"), {"c"}),
        (("--since", "1717200000000000"), {"d"}),
        (("--since", "-5", "--until", "1717113599000000"), {"b"}),
    ],
)
def test_times_are_integers_or_iso_dates(
    document: Callable[..., dict[str, Any]], diary: Path, times: tuple[str, ...], listed: set[str]
) -> None:
    found = document("recall", diary, "--from", "a", *times)
    assert {item["particle"] for item in found["items"]} == listed


@pytest.mark.parametrize("typed", ["yesterday", "2024-13-01", "", "1.5"])
def test_other_times_are_refused_and_both_forms_are_named(
    invoke: Invoke, diary: Path, typed: str
) -> None:
    for option in ("--since", "--until"):
        said = " ".join(
            invoke("recall", diary, "--from", "a", option, typed, code=2).stderr.split()
        )
        assert f"{option.strip('-')} = " in said
        assert "an integer in the unit of the links' times" in said
        assert "2024-05-31T12:00" in said


def test_a_name_is_found_by_itself(
    invoke: Invoke, document: Callable[..., dict[str, Any]], zoo: Path
) -> None:
    assert document("recall", zoo, "bone", "--top", "1")["items"][0]["particle"] == "bone"
    assert invoke("ask", zoo, "bone", "--steps", "1").stdout.startswith("bone")


def test_ask_prints_a_path_and_says_that_nobody_wrote_it(
    invoke: Invoke, document: Callable[..., dict[str, Any]], zoo: Path
) -> None:
    done = invoke("ask", zoo, "sleeping animals", "--seed", "3", "--steps", "3")
    assert done.stdout.splitlines()[0] == "dog"
    assert done.stdout.splitlines()[1] == "    A lazy animal that sleeps."
    assert "drawn with seed 3 · nobody wrote this answer" in done.stderr
    assert (
        done.stdout == invoke("ask", zoo, "sleeping animals", "--seed", "3", "--steps", "3").stdout
    )
    told = document("ask", zoo, "sleeping animals", "--seed", "3", "--steps", "3")
    asked = Graph.open(zoo).ask("sleeping animals", 3, seed=3)
    assert [item["particle"] for item in told["items"]] == list(asked.particles)
    before = set(asked.entries)
    for step in list(asked)[1:]:
        assert step.path is not None
        assert step.path.particles[0] in before
        assert step.path.particles[-1] == step.particle
        before.add(step.particle)
    assert invoke("ask", zoo, "thermodynamics").stdout == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("",), 3),
        ((), 3),
        (("x", "--from", "nobody"), 3),
        (("x", "--relation", "eat"), 3),
        (("x", "--cursor", "two"), 2),
        (("x", "--mmr", "2"), 2),
        (("x", "--budget-tokens", "0"), 2),
        (("animal", "--effort", "lazy"), 2),
    ],
)
def test_what_is_wrong_is_told(
    invoke: Invoke, zoo: Path, words: tuple[str, ...], code: int
) -> None:
    done = invoke("recall", zoo, *words, code=code)
    assert done.stderr
    assert done.stdout == ""


def test_ask_marks_what_no_link_leads_to(invoke: Invoke, tmp_path: Path) -> None:
    for name, text in {"a": "Bread, see [[b]].", "b": "Butter.", "alone": "Nothing."}.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    heads = invoke("ask", tmp_path, "bread", "--steps", "2").stdout.splitlines()[::2]
    assert heads[0] == "a"
    assert "alone (no link leads here)" in heads
    assert "a → links b" in heads


def test_a_ledger_is_asked_by_its_names_and_its_contents(
    invoke: Invoke,
    document: Callable[..., dict[str, Any]],
    tmp_path: Path,
    needs: Needs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs("lmdb")
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "keys"))
    folder, long = tmp_path / "memory", tmp_path / "long.txt"
    long.write_text("A report about the giraffe. " + "It is long. " * 400, encoding="utf-8")
    invoke("keys", "new", "alice")
    invoke("node", "init", folder, "--key", "alice", "--quiet")
    put = json.loads(invoke("tx", "put", "--ledger", folder, long, "--json").stdout)
    (digest,) = [value for value in put.values() if str(value).startswith("baf")] or [None]
    digest = digest or put["particle"]
    invoke("tx", "link", "--ledger", folder, "what the zookeeper said", digest, "3")
    found = document("recall", folder, "giraffes")
    assert [entry["particle"] for entry in found["entries"]] == [digest]
    assert found["items"][0]["text"].startswith("A report about the giraffe.")
    said = document("recall", folder, "zookeeper")
    assert [entry["particle"] for entry in said["entries"]] == ["what the zookeeper said"]
    asked = invoke("ask", folder, "zookeeper", "--steps", "1")
    assert asked.stdout.startswith("what the zookeeper said")
    with focusmesh.open(folder) as graph:
        assert list(graph.recall("zookeeper").entries) == ["what the zookeeper said"]
        graph.link("the keeper was late", "what the zookeeper said", 2)
        assert list(graph.recall("late").entries) == ["the keeper was late"]
        with pytest.raises(InputError, match="put another text"):
            graph.set_text("the keeper was late", "in time")
