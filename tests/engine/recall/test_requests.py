"""What people and programs hand to recall by mistake, and words in every script."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, RecallParams
from focusmesh.errors import InputError, ParameterError
from tests.engine.recall.worlds import WORDS, animals, library

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"context": 3}, InputError, "names of particles, or names with weights, not 3"),
        ({"context": [["fox"]]}, InputError, "names of particles.*unhashable"),
        ({"relation": [["eats"]]}, InputError, r"\['eats'\] cannot be the name of a relation"),
        ({"since": 5, "until": 1}, ParameterError, "since = 5 must not be after until = 1"),
        ({"since": True}, ParameterError, "since = True must be an integer"),
        ({"until": 1.5}, ParameterError, "until = 1.5 must be an integer"),
        ({"budget_tokens": True}, ParameterError, "budget_tokens = True"),
        ({"budget_tokens": -1}, ParameterError, "budget_tokens = -1"),
        ({"budget_tokens": "50"}, ParameterError, "budget_tokens = '50'"),
        ({"effort": None}, ParameterError, "no effort is named None"),
        ({"effort": ["fast"]}, ParameterError, "no effort is named"),
        ({"mmr": float("nan")}, ParameterError, "mmr = nan"),
        ({"params": {"beta": 0.5}}, ParameterError, "params are RecallParams, not dict"),
        ({"params": FocusParams()}, ParameterError, "params are RecallParams, not FocusParams"),
        ({"cursor": 5}, ParameterError, "5 is not a cursor"),
        ({"threads": 0}, ParameterError, "threads must be an integer ≥ 1"),
    ],
)
@pytest.mark.parametrize("question", ["animal", "thermodynamics"])
def test_a_bad_request_is_refused_whether_it_would_find_anything_or_not(
    question: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        animals().recall(question, **options)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"beta": True}, "finite beta"),
        ({"name_boost": 1e300}, "name_boost ≤ 1,000"),
        ({"focus": None}, "FocusParams as its focus"),
        ({"entries": 2.0}, "integer entries"),
    ],
)
def test_parameters_that_no_answer_could_be_worked_out_with(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        RecallParams(**change)


@pytest.mark.parametrize(
    "params",
    [
        RecallParams(entries=10**18),
        RecallParams(temperature=1e-320),
        RecallParams(temperature=1e300),
        RecallParams(fusion=1e-320),
        RecallParams(name_boost=1_000),
        RecallParams(beta=0.0),
        RecallParams(beta=1.0),
        RecallParams(popularity=0.0, text=1.0),
    ],
)
@pytest.mark.parametrize("embedded", [False, True])
def test_parameters_at_their_ends_give_an_answer(params: RecallParams, embedded: bool) -> None:
    graph = animals()
    if embedded:
        graph.index_texts(embed=lambda texts: np.array([[len(text), 1.0] for text in texts]))
    recalled = graph.recall("lazy animal", params=params)
    assert sum(recalled.entries.values()) == pytest.approx(1)
    assert np.isfinite([item.score for item in recalled]).all()
    assert {"dog", "fox"} & set(recalled.particles)


def test_names_that_count_nothing_are_not_looked_at() -> None:
    graph = animals()
    silent = RecallParams(name_boost=0.0)
    assert graph.recall("forest").entries == {"forest": 1.0}
    assert graph.recall("forest", params=silent).entries == {}
    assert graph.recall("brown forest", params=silent).entries == {"fox": 1.0}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (lambda text: text.split(), r"tokens gave \['fox'.* for a text of \d+ characters"),
        (lambda _: None, "tokens gave None"),
        (lambda _: "3", "tokens gave '3'"),
        (lambda _: -1, "tokens gave -1"),
        (lambda _: float("nan"), "tokens gave nan"),
        (lambda _: True, "tokens gave True"),
    ],
)
def test_a_counter_that_does_not_count_is_named(count: Callable[[str], Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        animals().recall("fox", budget_tokens=9, tokens=count)


def test_a_counter_that_fails_says_so_itself_and_leaves_nothing_behind() -> None:
    graph = animals()

    def broken(text: str) -> int:
        raise RuntimeError(f"no tokens for {text[:3]}")

    with pytest.raises(RuntimeError, match="no tokens for fox"):
        graph.recall("fox", budget_tokens=9, tokens=broken)
    assert graph.recall("fox")[0].particle == "fox"
    quarter: Any = lambda text: len(text) / 4  # noqa: E731
    assert graph.recall("fox", 2, budget_tokens=900, tokens=quarter)


def test_numbers_may_be_those_of_numpy() -> None:
    graph = animals()
    numbers: dict[str, Any] = {
        "k": np.int32(2),
        "budget_tokens": np.int64(90),
        "since": np.int64(2),
        "until": np.uint8(4),
        "mmr": np.float32(0.5),
    }
    plain = {name: number.item() for name, number in numbers.items()}
    first = graph.recall("animal", **numbers)
    assert first.particles == graph.recall("animal", **plain).particles
    assert graph.recall("animal", **plain, cursor=first.cursor).particles


def test_the_order_in_which_names_are_given_does_not_matter() -> None:
    graph = animals()
    first = graph.recall("animal", 1, relation=["eats", "lives in"])
    for same in ({"lives in", "eats"}, ("lives in", "eats"), ["lives in", "eats"]):
        assert graph.recall("animal", 1, relation=same, cursor=first.cursor)[0].rank == 2
    with pytest.raises(InputError, match="other options"):
        graph.recall("animal", 1, relation=["eats"], cursor=first.cursor)
    assert not graph.recall("animal", relation=[])


def test_a_name_that_is_a_long_text_is_cut_like_a_text() -> None:
    long = "one two three\nfour five six seven eight nine ten"
    graph = Graph.from_edges([long], ["end"])
    by_text = RecallParams(text=1.0)

    def words(text: str) -> int:
        return len(text.split())

    cut = graph.recall("three", 1, params=by_text, budget_tokens=5, tokens=words)
    assert cut.prompt == cut[0].passage == "one two three\nfour …"
    assert (cut[0].particle, cut[0].text, cut[0].whole) == (long, "", False)
    graph.set_text(long, "and what is said of it")
    cut = graph.recall("three", 1, params=by_text, budget_tokens=14, tokens=words)
    assert cut.prompt == cut[0].passage == f"{long}\nand what is …"
    assert (cut[0].text, cut[0].whole) == ("and what is …", False)


def test_a_very_long_question_is_answered() -> None:
    graph = library()
    padding = " ".join(f"nothing{number}" for number in range(9_000))
    question = f"{padding} {WORDS[5]}"
    assert len(question) > 100_000
    assert graph.recall(question, 5).entries == graph.recall(WORDS[5], 5).entries
    assert not graph.recall("x" * 100_000)
    assert graph.recall("fox " * 25_000).question is not None


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Café crème", "cafe creme"),
        (unicodedata.normalize("NFD", "Café crème"), "CAFÉ"),
        ("Café crème", unicodedata.normalize("NFD", "café")),
        ("ﬁne ﬂour", "fine"),
        ("Ｆｕｌｌ width", "full"),
        ("狐狸跳过懒狗", "狐狸"),
        ("狐狸跳过懒狗", "狗"),
        ("素早い茶色の狐", "茶色"),
        ("갈색여우가 뛴다", "여우"),
        ("Rust入門", "rust"),
        ("Быстрая лиса", "ЛИСА"),
        ("half \ud800 a letter", "letter"),
    ],
)
def test_words_of_every_script_are_found(text: str, question: str) -> None:
    graph = Graph.from_edges(["a", "b"], ["b", "c"])
    graph.set_text("a", text)
    graph.set_text("c", "something else in plain words")
    assert graph.recall(question).entries.keys() == {"a"}


@pytest.mark.parametrize(
    ("language", "question", "silent"),
    [
        ("english", "the wine with fish", "the with"),
        ("english", "Which wine should I have with fish?", "the with"),
        ("german", "der Wein zu dem Fisch", "der zu"),
        ("turkish", "ve balık", "ve"),
        (None, "the wine", "the"),
    ],
)
def test_stop_words_name_nothing_beside_others(
    language: str | None, question: str, silent: str
) -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.set_text("a", "the with which should i have der zu dem ve")
    graph.index_texts(language=language)
    assert bool(graph.recall(question).entries) == (language in {"turkish", None})
    assert graph.recall(silent).entries == {"a": 1.0}


def test_pairs_of_characters_tell_texts_apart() -> None:
    graph = Graph.from_edges(["a"], ["b"])
    graph.set_text("a", "大学生")
    graph.set_text("b", "生大")
    entries = graph.recall("大学").entries
    assert entries["a"] > 5 * entries.get("b", 0)


@settings(max_examples=60)
@given(question=st.text(max_size=40), mmr=st.none() | st.floats(0, 1), k=st.integers(1, 9))
def test_any_question_has_an_answer_or_an_error_of_ours(
    question: str, mmr: float | None, k: int
) -> None:
    graph = ANIMALS
    if not question.strip():
        with pytest.raises(InputError, match="a question that says something"):
            graph.recall(question, k, mmr=mmr)
        return
    recalled = graph.recall(question, k, mmr=mmr)
    assert len(recalled) <= k
    assert recalled.prompt == "\n\n".join(item.passage for item in recalled)
    assert bool(recalled.items) == bool(recalled.entries)


ANIMALS = animals()
