"""Graphs of documents: who mentions whom, whom an ambiguous name means, and what a name may not do."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh import Graph, RecallParams
from focusmesh.engine.documents import DocumentParams, Draft, PassageSize
from focusmesh.errors import InputError, ParameterError

PEOPLE = [
    {"name": "Ada Lovelace", "text": "She wrote of the Analytical Engine."},
    {"name": "Analytical Engine", "text": "A machine by Charles Babbage.", "aliases": ["AE"]},
    {"name": "Charles Babbage", "text": "He lived in London."},
    {"name": "London", "text": "A town on a river."},
]


def mentions(graph: Graph) -> set[tuple[str, str]]:
    """Who mentions whom."""
    links = graph.links()
    relations = [str(name) for name in links.relations or ()]
    assert links.relation is not None
    return {
        (str(links.particles[s]), str(links.particles[t]))
        for s, t, r in zip(links.source, links.target, links.relation, strict=True)
        if relations[r] == "mentions"
    }


def test_a_passage_mentions_what_its_words_name() -> None:
    graph = Graph.from_documents(PEOPLE)
    assert mentions(graph) == {
        ("Ada Lovelace", "Analytical Engine"),
        ("Analytical Engine", "Charles Babbage"),
        ("Charles Babbage", "London"),
    }
    [place] = graph.evidence("Ada Lovelace", "Analytical Engine")
    assert graph.text("Ada Lovelace")[place.start : place.end] == place.words == "Analytical Engine"
    assert graph.evidence("London", "Ada Lovelace") == []
    report = graph.report
    assert report is not None
    assert "3 mentions of 3 names" in report.understood


def test_another_name_leads_to_its_particle_and_takes_no_focus() -> None:
    graph = Graph.from_documents([*PEOPLE, {"name": "note", "text": "The AE is fine."}])
    assert ("note", "Analytical Engine") in mentions(graph)
    assert graph.weight("AE", "Analytical Engine") == 0
    [link] = graph.between("AE", "Analytical Engine")
    assert (link.weight, link.relation) == (0, "alias")
    assert not graph.predecessors("AE")


def test_an_ambiguous_name_means_whom_the_passage_shares_words_with() -> None:
    graph = Graph.from_documents(
        [
            {"name": "Mercury (planet)", "text": "It orbits the sun, nearest of all planets."},
            {"name": "Mercury (element)", "text": "A liquid metal in thermometers."},
            {"name": "sky", "text": "Mercury and other planets orbit the sun."},
            {"name": "lab", "text": "A thermometer: Mercury is a liquid metal."},
            {"name": "both", "text": "Mercury."},
        ]
    )
    found = mentions(graph)
    assert {pair for pair in found if pair[0] == "sky"} == {("sky", "Mercury (planet)")}
    assert {pair for pair in found if pair[0] == "lab"} == {("lab", "Mercury (element)")}
    assert len({pair for pair in found if pair[0] == "both"}) == 2
    assert graph.weight("both", "Mercury (planet)") == graph.weight("both", "Mercury (element)")


def test_a_name_in_too_many_passages_links_nothing_and_a_rare_one_weighs_more() -> None:
    told = [{"name": f"n{at}", "text": f"Paris {'Rome' if at == 3 else ''}"} for at in range(30)]
    items = [{"name": "Paris", "text": "x y"}, {"name": "Rome", "text": "x y"}, *told]
    graph = Graph.from_documents(items, params=DocumentParams(count_max=10))
    assert mentions(graph) == {("n3", "Rome")}
    linked = Graph.from_documents(items, params=DocumentParams(count_max=30))
    assert 0 < linked.weight("n3", "Paris") < linked.weight("n3", "Rome") == 1


def test_long_texts_become_passages_that_belong_to_their_document() -> None:
    text = "\n\n".join(f"Paragraph {at} speaks of Ada Lovelace and of Long." for at in range(20))
    graph = Graph.from_documents(
        [*PEOPLE, {"name": "Long", "text": text, "time": "2024-05-01"}],
        params=DocumentParams(size=PassageSize(200, 20)),
    )
    assert [link.relation for link in graph.between("Long", "Long ¶2")] == ["contains", "next"]
    assert [link.relation for link in graph.between("Long ¶2", "Long ¶3")] == ["next"]
    found = mentions(graph)
    assert ("Long ¶2", "Ada Lovelace") in found
    # A part does not mention the document that it is a part of.
    assert not any(target.startswith("Long") for _, target in found)
    [link] = graph.between("Long ¶2", "Long ¶3")
    assert link.time == 1_714_521_600_000_000


def test_links_and_equal_names() -> None:
    graph = Graph.from_documents(
        [
            {"name": "a", "text": "first", "links": ["b", "a"]},
            {"name": "a", "text": "second", "title": "Alpha Beta"},
            {"name": "c", "text": "of Alpha Beta"},
        ]
    )
    assert [link.relation for link in graph.between("a", "b")] == ["links"]
    assert graph.text("a (2)") == "second"
    assert ("c", "a (2)") in mentions(graph)


def test_aliases_that_loop_are_names_of_both() -> None:
    graph = Graph.from_documents(
        [
            {"name": "Anna Bolt", "text": "She.", "aliases": ["Cleo Dart", "Anna Bolt"]},
            {"name": "Cleo Dart", "text": "He.", "aliases": ["Anna Bolt"]},
            {"name": "note", "text": "Anna Bolt came."},
        ]
    )
    assert mentions(graph) == {("note", "Anna Bolt"), ("note", "Cleo Dart")}
    assert len(graph.recall("Who is Anna Bolt?")) == 3


def test_phrases_link_those_that_share_them_and_are_no_particles() -> None:
    told = [
        {"name": "one", "text": "They met Grace Hopper."},
        {"name": "two", "text": "Grace Hopper wrote it."},
        {"name": "three", "text": "Nobody."},
    ]
    graph = Graph.from_documents(told)
    assert graph.weight("one", "two") == graph.weight("two", "one") > 0
    assert graph.particle_count == 3
    assert not Graph.from_documents(told, params=DocumentParams(phrase=0)).link_count


def test_triples_of_a_model_link_what_they_name() -> None:
    graph = Graph.from_documents(
        PEOPLE,
        extract=lambda text: (
            [("Ada Lovelace", "wrote of", "AE"), "London"] if "wrote" in text else []
        ),
    )
    assert {link.relation for link in graph.between("Ada Lovelace", "Analytical Engine")} == {
        "wrote of",
        "mentions",
    }
    assert ("Ada Lovelace", "London") in mentions(graph)
    with pytest.raises(InputError, match="phrases, or triples"):
        Graph.from_documents(PEOPLE, extract=lambda _: [("two", "parts")])  # type: ignore[list-item]


def test_an_extract_without_end_is_cut_and_told() -> None:
    graph = Graph.from_documents(
        PEOPLE[:1], extract=lambda _: (f"Phrase Number{at}" for at in range(10**9))
    )
    assert graph.report is not None
    assert "more than 1000" in graph.report.warnings[0]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"text": "no name"}], "item 0"),
        ([{"name": "a", "text": 7}], "item 0: .*str"),
        ([{"name": " ", "text": "x"}], "blank"),
        ([{"name": "a", "text": "x", "time": "yesterday"}], "ISO 8601"),
        (["/nowhere/at/all"], "cannot read"),
        ([7], "mappings with name and text"),
        (7, "a path, paths, or mappings"),
        ([], "no text"),
    ],
)
def test_what_is_no_document_is_named(items: Any, message: str) -> None:
    with pytest.raises(Exception, match=message) as raised:
        Graph.from_documents(items)
    assert type(raised.value).__module__ == "focusmesh.errors"


def test_parameters_out_of_range() -> None:
    for given in ({"mention": -1}, {"share_max": 2}, {"phrase_max": 1}, {"next": float("nan")}):
        with pytest.raises(ParameterError, match="documents need"):
            DocumentParams(**given)


def test_items_of_one_set_give_one_graph_and_it_is_saved_and_opened(tmp_path: Any) -> None:
    first, second = Graph.from_documents(PEOPLE), Graph.from_documents(iter(PEOPLE))
    assert first.root == second.root
    first.save(tmp_path / "g.focusmesh")
    opened = Graph.open(tmp_path / "g.focusmesh")
    assert mentions(opened) == mentions(first)
    asked = "What did the ae need?"
    assert opened.recall(asked).particles == first.recall(asked).particles


def test_recall_as_receipts_list_it_asks_no_gazetteer() -> None:
    graph = Graph.from_documents(PEOPLE)
    plain = graph.recall("river Analytical Engine", params=RecallParams(question_names=False))
    named = graph.recall("river Analytical Engine")
    assert named.particles[0] == "Analytical Engine"
    assert plain.entries != named.entries


def test_names_that_many_bear_take_one_look_each() -> None:
    """Numbers go on from the last one: counting from the first again would take the square of how many there are."""

    class Counted(dict[str, int]):
        looks = 0

        def __contains__(self, key: object) -> bool:
            Counted.looks += 1
            return super().__contains__(key)

    draft = Draft()
    draft._at = Counted()
    count = 500
    names = [draft.names[draft.particle(draft.free_name("New chat"))] for _ in range(count)]
    assert names[:3] == ["New chat", "New chat (2)", "New chat (3)"]
    assert len(set(names)) == count
    assert Counted.looks <= 4 * count
