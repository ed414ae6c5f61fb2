"""Compound names: found by their parts, and by the words that they are put together from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph, RecallParams
from focusmesh.engine.recall.compounds import is_path, join_pairs, own_name, split_compounds
from focusmesh.engine.recall.words import WordIndex
from focusmesh.interface.cli.demo.stdlib import EXCLUDED, standard_library

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from tests.conftest import Needs


@pytest.fixture(scope="module")
def library() -> Graph:
    """The real graph of the demo."""
    return Graph.read(str(standard_library()), format="python", exclude=list(EXCLUDED))


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("PackageMetadata", "PackageMetadata Package Metadata"),
        ("a JSONDecoder reads", "a JSONDecoder JSON Decoder reads"),
        ("getHTTPResponse", "getHTTPResponse get HTTP Response"),
        ("iPhone McDonald PDFs NASA USA plain", "iPhone McDonald PDFs NASA USA plain"),
        ("", ""),
    ],
)
def test_capitals_begin_parts(text: str, split: str) -> None:
    assert split_compounds(text) == split


@given(st.text(max_size=80))
def test_what_was_written_stays_in_its_order(text: str) -> None:
    words, left = split_compounds(text).split(), text.split()
    rest = iter(words)
    assert all(any(word in made for made in rest) for word in left)


@given(st.lists(st.text(st.characters(categories=["Ll"]), max_size=8), max_size=200))
def test_pairs_are_bounded(words: list[str]) -> None:
    pairs = join_pairs(words)
    assert len(pairs) <= 56
    assert all(any(pair.startswith(word) for word in words if len(word) >= 3) for pair in pairs)


def test_what_a_name_calls_its_particle_is_its_last_part() -> None:
    assert own_name("urllib.request.urlopen") == "urlopen"
    assert own_name("std::vector") == "vector"
    assert own_name("notes/") == "notes"
    assert own_name("New York") == own_name("...") == ""


def test_a_path_has_parts_and_no_spaces() -> None:
    assert all(map(is_path, ("json.load", "notes/bread.md", "std::vector")))
    assert not any(map(is_path, ("Tennessee", "St. Louis", "Inc.", "", "...")))


def test_the_words_of_a_path_count_as_those_of_a_text(needs: Needs) -> None:
    needs("tantivy")
    texts: dict[Hashable, str] = {"yaml.load": "reads", "json.load": "reads", "note": "json"}
    graph = Graph.from_edges([], [], particles=list(texts))
    graph.set_texts(texts)
    assert graph.recall("json").particles[0] == "json.load"
    # With texts alone its name says nothing.
    assert graph.recall("json", params=RecallParams(name_boost=0)).particles[0] == "note"


def test_what_has_every_word_comes_before_what_repeats_a_rare_one(needs: Needs) -> None:
    needs("tantivy")
    texts: dict[Hashable, str] = {f"common {at}": "parse file" for at in range(20)}
    texts |= {"rare": "zebra in the zoo", "all": "to parse the zebra from a file of many words"}
    graph = Graph.from_edges([], [], particles=list(texts))
    graph.set_texts(texts)
    assert graph.recall("parse a zebra file").particles[0] == "all"
    # Nothing has all of these words, so that the rare one leads.
    assert graph.recall("parse a zebra file at dawn").particles[0] == "rare"


def test_a_compound_is_found_by_its_words_in_either_order(needs: Needs) -> None:
    needs("tantivy")
    names = ["net.urlopen", "app.PackageMetadata", "note"]
    graph = Graph.from_edges([], [], particles=names)
    assert graph.recall("open a url").particles[0] == "net.urlopen"
    assert graph.recall("the metadata of a package").particles[0] == "app.PackageMetadata"
    assert not graph.recall("open a url", params=RecallParams(name_boost=0)).items


def test_the_standard_library_is_asked_in_words(needs: Needs, library: Graph) -> None:
    needs("tantivy")
    assert "urllib.request.urlopen" in library.recall("open a url").particles
    assert {"json.load", "json.loads"} <= {*library.recall("parse a json file", 5).particles}
    assert library.recall("copy a tree").particles[0] == "shutil.copytree"
    metadata = "importlib.metadata._meta.PackageMetadata"
    assert metadata in library.recall("package metadata").particles
    for name in ("urllib.request.urlopen", metadata):
        assert library.recall(name.rpartition(".")[2]).particles[0] == name


def test_a_folder_of_an_earlier_version_is_made_anew(needs: Needs, tmp_path: Path) -> None:
    needs("tantivy")
    builder = tantivy.SchemaBuilder().add_unsigned_field("particle", indexed=True, fast=True)
    for field in ("name", "own", "text"):
        builder.add_text_field(field, stored=False, tokenizer_name="default", index_option="freq")
    tantivy.Index(builder.build(), str(tmp_path))
    (tmp_path / "focusmesh.json").write_text('{"version": 4, "language": "english"}')
    graph = Graph.from_edges([], [], particles=["net.urlopen"])
    graph.index_texts(tmp_path)
    assert graph.recall("open a url").particles == ("net.urlopen",)
    assert WordIndex(tmp_path, "english").seating() is not None
