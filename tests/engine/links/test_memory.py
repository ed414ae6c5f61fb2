"""Any text can be an entity, a type, an observation or a relation, and is read back as what it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links import (
    OBSERVATION,
    TYPE,
    entity_link,
    memory_name,
    memory_text,
    observation_link,
    relation_link,
)
from focusmesh.errors import InputError
from focusmesh.ids import digest, to_cid

CID = to_cid(digest(b"something"))
TRICKY = [
    "",
    "memory:",
    "memory:=",
    "memory:+",
    "memory:=memory:=",
    TYPE,
    OBSERVATION,
    CID,
    " ",
    "\0",
]
texts = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(codec="utf-8"), max_size=20))


@given(texts, texts)
def test_names_tell_texts_apart(one: str, other: str) -> None:
    assert memory_text(memory_name(one)) == one
    assert (memory_name(one) == memory_name(other)) == (one == other)


@given(texts, texts, texts)
def test_links_say_what_they_were_made_of(name: str, other: str, kind: str) -> None:
    source = memory_name(name)
    for link in (entity_link(source, other), observation_link(source, other)):
        assert link.source != link.target
        assert memory_text(link.source) == name
        assert memory_text(link.target) == other
    relation = relation_link(source, memory_name(other), kind)
    assert relation.source != relation.target
    assert (memory_text(relation.target), memory_text(relation.relation)) == (other, kind)
    assert relation.relation not in (TYPE, OBSERVATION, "")


@given(texts, texts, texts)
def test_a_graph_keeps_them(name: str, other: str, kind: str) -> None:
    source = memory_name(name)
    links = [entity_link(source, kind), observation_link(source, other)]
    graph = Graph.from_edges([], [], particles=[])
    graph.update([(*link.key[:2], 1.0, link.relation) for link in links])
    for link in links:
        assert link.relation in [each.relation for each in graph.between(*link.key[:2])]


def test_a_long_observation_is_the_particle_of_its_digest() -> None:
    said = "x" * 5_000
    link = observation_link("Ada", said)
    assert (link.target, link.text) == (to_cid(digest(said.encode())), said)
    assert observation_link("Ada", "x" * 4_000).text == ""


@pytest.mark.parametrize(("text", "why"), [("é" * 2_049, "observation"), ("\ud800", "Unicode")])
def test_what_cannot_be_a_name_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        memory_name(text)
