"""What is remembered in words: it is observed of whom it names, and explanations show the words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.documents import Gazetteer, variants
from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.mcp.file_store import FileStore
from focusmesh.interface.mcp.mentions import EntityNames, place_of, title_of
from focusmesh.interface.mcp.tools import Tools, tools

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

NAMES = ("Ada", "Corner Bakery", "John_Smith", "rye bread")
DESCRIPTIONS_BYTES_MAX = 6_000


@pytest.fixture
def memory(tmp_path: Path) -> Tools:
    made = Tools(FileStore(tmp_path / "memory.focusmesh"))
    entities = [{"name": name, "entityType": "thing", "observations": []} for name in NAMES]
    made.call("create_entities", {"entities": entities})
    return made


def _remember(memory: Tools, text: str) -> Any:
    return memory.call("remember", {"text": text}).data


def _observations(memory: Tools, name: str) -> list[str]:
    (entity,) = memory.call("open_nodes", {"names": [name]}).data.entities
    return list(entity.observations)


def test_it_is_observed_of_all_whom_it_names(memory: Tools) -> None:
    text = "Ada met John Smith at the Corner Bakery, and Ada paid."
    found = _remember(memory, text)
    named = [(each.entity, each.words, each.start) for each in found.entities]
    assert named == [
        ("Ada", "Ada", 0),
        ("John_Smith", "John Smith", 8),
        ("Corner Bakery", "Corner Bakery", 26),
    ]
    assert all(text[start:].startswith(words) for _, words, start in named)
    assert (found.observations, found.note) == ([text], "")
    for name in ("Ada", "John_Smith", "Corner Bakery"):
        assert _observations(memory, name) == [text]
    assert _observations(memory, "rye bread") == []


def test_what_names_nobody_is_a_note(memory: Tools) -> None:
    short = "The wifi password is on the fridge."
    assert _remember(memory, short).note == short
    long = f"{'very ' * 20}long, and about nothing"
    note = _remember(memory, long).note
    assert note == title_of(long)
    assert len(note) <= 60
    assert _observations(memory, note) == [long]
    # Another that begins alike is another note.
    other = _remember(memory, f"{long} at all").note
    assert other == f"{note} (2)"


def test_what_is_told_twice_is_kept_once(memory: Tools) -> None:
    for text in ("Ada likes rye bread.", "Nobody is here.", "Nobody. " + "x" * 5_000):
        _remember(memory, text)
        before = memory.store.moment().root
        again = _remember(memory, text)
        assert memory.store.moment().root == before
        assert again.observations[0] in text
    assert _observations(memory, "Ada") == _observations(memory, "rye bread")


def test_a_long_text_is_cut_into_passages_each_of_whom_it_names(memory: Tools) -> None:
    parts = ["Ada was there. " + "word " * 300, "The Corner Bakery opens. " + "more " * 300]
    found = _remember(memory, "\n\n".join(parts))
    assert len(found.observations) > 1
    assert [each.entity for each in found.entities] == ["Ada", "Corner Bakery"]
    assert _observations(memory, "Ada")[0].startswith("Ada was there.")
    assert not any("opens" in each for each in _observations(memory, "Ada")[:1])


def test_names_that_come_are_found_and_names_that_go_are_not(memory: Tools) -> None:
    memory.call(
        "create_entities",
        {"entities": [{"name": "Bo", "entityType": "person", "observations": []}]},
    )
    assert [each.entity for each in _remember(memory, "Bo sings.").entities] == ["Bo"]
    memory.call("delete_entities", {"entityNames": ["Ada"]})
    assert _remember(memory, "Ada sings.").note == "Ada sings."


@pytest.mark.parametrize("arguments", [{"text": " \n"}, {}, {"text": "x", "about": "y"}])
def test_what_says_nothing_or_too_much_is_refused(memory: Tools, arguments: dict[str, str]) -> None:
    before = memory.store.moment().root
    with pytest.raises((InputError, ParameterError)):
        memory.call("remember", arguments)
    assert memory.store.moment().root == before


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["Ada", "Bo Bo", "rye", "x_y", "Mercury (planet)"]), unique=True))
def test_names_that_are_followed_are_those_made_anew(labels: list[str]) -> None:
    """Entities come at the end, or any of them go: either way it is as a gazetteer of them all."""
    text = "Ada, Bo Bo and Mercury ate rye with X Y."
    names = EntityNames()
    for seen in (labels[:2], labels, labels[1:], []):
        pairs = [(each, at) for at, name in enumerate(seen) for each in variants(name)]
        anew = {seen[at] for mention in Gazetteer(pairs).find(text) for at in mention.targets}
        assert {each.entity for each in names.find(text, seen)} == anew


def test_what_supersedes_takes_its_place_and_the_past_is_kept(memory: Tools, needs: Needs) -> None:
    needs("tantivy")
    old, new = "Ada works at the mill.", "Ada works at the Corner Bakery now."
    _remember(memory, old)
    asked = {"question": "where does Ada work?", "entityType": []}

    def items(**options: Any) -> dict[str, Any]:
        found = memory.call("recall", asked | options).data.items
        return {each.text: each for each in found if each.kind == "observation"}

    before = items()[old].told
    memory.call("remember", {"text": new, "supersedes": [old]})
    assert items().keys() == {new}
    assert items()[new].supersedes == [old]
    assert items(as_of=before).keys() == {old}
    with pytest.raises(InputError):
        memory.call("remember", {"text": "Ada rests.", "supersedes": ["nobody said that"]})


def test_an_explanation_shows_the_words(memory: Tools, needs: Needs) -> None:
    needs("tantivy")
    text = "On Monday Ada met John Smith at the Corner Bakery."
    _remember(memory, text)
    found = memory.call("explain", {"particle": "Ada", "question": "who was met on Monday?"}).data
    evidence = [each for walk in found.walks for each in walk.evidence if each.words == "Ada"]
    assert evidence
    assert all(text[each.start :].startswith("Ada") for each in evidence)
    # Its twin: of what is linked and not said there are no words.
    memory.call(
        "create_relations",
        {"relations": [{"from": "Ada", "to": "rye bread", "relationType": "bakes"}]},
    )
    found = memory.call("explain", {"particle": "rye bread", "context": ["Ada"]}).data
    (direct,) = (walk for walk in found.walks if walk.way == "Ada →[bakes]→ rye bread")
    assert not direct.evidence


def test_a_place_is_that_of_the_name() -> None:
    place = place_of("John_Smith", "Ask John Smith.")
    assert place is not None
    assert (place.words, place.start) == ("John Smith", 4)
    assert place_of("Ada", "Nobody.") is None


def test_what_models_are_told_of_tools_is_short() -> None:
    """Descriptions and what tools take, of all tools of a ledger together: they go into every prompt."""
    told = [
        tool.description + json.dumps(tool.schemas[0], separators=(",", ":"), ensure_ascii=False)
        for tool in tools()
    ]
    size = sum(len(each.encode()) for each in told)
    assert 3_000 < size <= DESCRIPTIONS_BYTES_MAX, size
