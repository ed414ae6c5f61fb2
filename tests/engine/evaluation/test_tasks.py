"""Questions give nothing away, and a set of questions that does is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph
from focusmesh.engine.evaluation import Draw, Material, Task, draw_tasks, evaluate
from focusmesh.engine.evaluation.held_out import hidden_pairs
from focusmesh.engine.evaluation.material import says, unsaid
from focusmesh.engine.evaluation.task import TEST, VALIDATION
from focusmesh.errors import InputError, ParameterError
from tests.engine.evaluation.worlds import library

if TYPE_CHECKING:
    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


def task(name: str, part: str = TEST, seed: int = 0) -> Task:
    return draw_tasks(library(), [name], Draw(seed, 40, part))[0][0]


def test_hidden_links_are_gone_in_both_directions() -> None:
    found = task("links")
    before, after = Material(library()), found.material
    assert after.graph.link_count < before.graph.link_count
    for question in found.questions:
        (asker,) = question.context
        was, is_ = set(before.neighbours(asker).tolist()), set(after.neighbours(asker).tolist())
        assert set(question.answers) <= was - is_
        assert is_ | {asker} == set(question.known)
        assert is_  # nobody is left alone


def test_everybody_keeps_a_neighbour() -> None:
    path = Graph.from_edges(list("abc"), list("bcd"))
    assert len(hidden_pairs(Material(path), Draw(0, 5))) <= 1
    pair = Graph.from_edges(["a"], ["b"])
    assert len(hidden_pairs(Material(pair), Draw(0, 5))) == 0


def test_texts_that_name_what_is_hidden_are_cut() -> None:
    notes = [f"note{at}" for at in range(30)]
    ring = Graph.from_edges(notes, notes[1:] + notes[:1])
    for at, name in enumerate(notes):
        ring.set_text(name, f"goes on in [[{notes[(at + 1) % 30]}]] and Note{(at + 1) % 30}.")
    (found,), _ = draw_tasks(ring, ["links"], Draw(1, 30))
    texts = found.material.documents.texts
    hidden = [(q.context[0], answer) for q in found.questions for answer in q.answers]
    assert hidden
    for asker, answer in hidden:
        later = max(asker, answer) if {asker, answer} != {0, 29} else 0
        assert notes[later].lower() not in texts[asker].lower() + texts[answer].lower()


def test_names_are_cut_without_their_numbers_and_underscores() -> None:
    text = "hot dog: a Hot_Dog in a bun, dogged"
    assert unsaid(text, "hot_dog.n.01").split() == [":", "a", "in", "a", "bun,", "dogged"]
    assert says("a dish that is round", "dish.n.01")
    assert not says("a dishful that is round", "dish.n.01")
    assert unsaid("see os.path.join, join and path", "os.path.join").split() == [
        "see",
        ",",
        "and",
        "path",
    ]


def test_names_within_names_are_not_asked_for() -> None:
    """``os.path`` is linked with ``os.path.join``: who hears the one name knows the other."""
    inner = [f"pack.part{at}.inner{at}" for at in range(10)]
    outer = [f"pack.part{at}" for at in range(10)]
    graph = Graph.from_edges([*outer, *outer], [*inner, *inner[1:], inner[0]])
    own = {(at, 10 + at) for at in range(10)}
    names = {name: at for at, name in enumerate(graph.particles)}
    pairs = hidden_pairs(Material(graph), Draw(0, 10))
    told = {tuple(sorted((names[outer[a]], names[inner[b - 10]]))) for a, b in own}
    assert len(pairs)
    assert not told & {tuple(pair) for pair in pairs.tolist()}


def test_known_items_have_rare_words_of_one_text_alone() -> None:
    found = task("known-item")
    texts = found.material.documents.texts
    for question in found.questions:
        holders = [
            at for at, text in enumerate(texts) if set(question.text.split()) <= set(text.split())
        ]
        assert holders == list(question.answers)


def test_two_hops_share_no_word_and_no_neighbour_with_a_word() -> None:
    found = task("two-hop")
    material = found.material
    for question in found.questions:
        words = set(question.text.split())
        worded = {
            at for at, text in enumerate(material.documents.texts) if words & set(text.split())
        }
        for answer in question.answers:
            near = set(material.neighbours(answer).tolist())
            assert not worded & (near | {answer})
            assert any(worded & set(material.neighbours(bridge).tolist()) for bridge in near)


def test_validation_and_test_ask_about_different_particles() -> None:
    for name in ("links", "known-item", "two-hop"):
        sets = []
        for seed, part in enumerate((TEST, VALIDATION)):
            questions = task(name, part, seed).questions
            subject = [q.context or q.answers for q in questions]
            sets.append(
                {one for some in subject for one in some}
                if name != "two-hop"
                else {q.text for q in questions}
            )
        assert not sets[0] & sets[1], name
    hidden = [hidden_pairs(Material(library()), Draw(0, 9, part)) for part in (TEST, VALIDATION)]
    assert hidden[0].tolist() == hidden[1].tolist()


def test_equal_seeds_draw_equal_questions() -> None:
    for name in ("links", "known-item", "two-hop"):
        assert task(name).questions == task(name).questions
        assert task(name).questions != task(name, seed=1).questions


def leaky(name: str) -> Task:
    """The task of that name with one thing that it was to keep out put back in."""
    found = task(name)
    first = found.questions[0]
    if name == "links":  # the way back is still there
        graph = found.material.graph.copy()
        graph.link(graph.particles[first.answers[0]], graph.particles[first.context[0]])
        return replace(found, material=Material(graph.copy()))
    if name == "known-item":  # the question says the name
        said = str(found.material.graph.particles[first.answers[0]])
        return replace(found, questions=(replace(first, text=f"{first.text} {said}"),))
    # The words are in the answer, or a hop away from it.
    text = found.material.documents.texts[first.answers[0]]
    return replace(found, questions=(replace(first, text=f"{first.text} {text.split()[0]}"),))


@pytest.mark.parametrize("name", ["links", "known-item", "two-hop"])
def test_a_leaky_split_is_refused(name: str) -> None:
    assert task(name).verify().faults(task(name)) == []
    with pytest.raises(InputError, match=f"'{name}' give their answers away"):
        evaluate(library(), [leaky(name)])


def test_a_text_that_still_names_the_answer_is_refused() -> None:
    found = task("links")
    first = found.questions[0]
    said = str(found.material.graph.particles[first.answers[0]])
    with pytest.raises(InputError, match="names"):
        replace(found, questions=(replace(first, text=f"see {said}"),)).verify()


def test_an_answer_that_is_known_is_refused() -> None:
    found = task("known-item")
    first = found.questions[0]
    with pytest.raises(InputError, match="known beforehand"):
        replace(found, questions=(replace(first, known=first.answers),)).verify()


def test_what_has_no_questions_says_why() -> None:
    bare = Graph.from_edges([1, 2], [2, 3])
    with pytest.raises(InputError, match="no link can be taken out"):
        evaluate(bare)
    with pytest.raises(ParameterError, match="known-item"):
        evaluate(bare, ["trivia"])
    with pytest.raises(ParameterError, match="count ≥ 1"):
        evaluate(library(), count=0)
