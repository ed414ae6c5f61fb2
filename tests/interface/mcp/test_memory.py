"""Entities, observations and relations are kept, found again by whoever opens the memory, and taken back."""

from __future__ import annotations

import os
import stat
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.errors import FileError, InputError, SignalError
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.interface.mcp import FileStore, GraphStore, LedgerStore
from focusmesh.interface.mcp.memory import Memory
from focusmesh.interface.mcp.records import Added, Deletion, Entity, Observed, Relation
from tests.interface.mcp.conftest import keyring_of

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.keys.keyring import Keyring
    from focusmesh.interface.mcp.store import MemoryStore
    from tests.interface.mcp.conftest import NewStore
    from tests.ledger_fixtures import NewLedger

LONG = "A long story. " * 400
ADA = Entity("Ada", "person", ["likes tea", LONG])
BOB = Entity("Bob", "person", [])
KNOWS = Relation("Ada", "Bob", "knows")


def entities_of(store: MemoryStore) -> list[Entity]:
    view = store.moment().view
    found = (view.entity(at) for at in view.entities)
    return [Entity(each.name, each.entity_type, sorted(each.observations)) for each in found]


def relations_of(store: MemoryStore) -> list[Relation]:
    view = store.moment().view
    return [view.relation(row) for row in view.relations]


def in_order(*entities: Entity) -> list[Entity]:
    return [Entity(each.name, each.entity_type, sorted(each.observations)) for each in entities]


def test_what_is_told_is_there_for_whoever_opens_it(new_store: NewStore) -> None:
    memory = Memory(new_store())
    assert memory.create_entities([ADA, BOB, ADA]) == [ADA, BOB]
    assert memory.create_entities([BOB]) == []
    assert memory.create_relations([KNOWS, KNOWS]) == [KNOWS]
    assert memory.create_relations([KNOWS]) == []
    said = Observed("Ada", ["likes tea", "lives in Oslo", "lives in Oslo"])
    assert memory.add_observations([said]) == [Added("Ada", ["lives in Oslo"])]
    memory.store.close()
    again = new_store()
    there = Entity("Ada", "person", ["likes tea", "lives in Oslo", LONG])
    assert sorted(entities_of(again), key=lambda each: each.name) == in_order(there, BOB)
    assert relations_of(again) == [KNOWS]


def test_what_is_taken_back_is_gone_with_its_texts(store: MemoryStore) -> None:
    memory = Memory(store)
    memory.create_entities([ADA, BOB])
    memory.create_relations([KNOWS, Relation("Bob", "Ada", "likes"), Relation("Bob", "Kim", "")])
    assert memory.delete_observations([Deletion("Ada", [LONG, "never said"])]) == 0
    assert memory.delete_relations([KNOWS, Relation("Ada", "Kim", "knows")]) == 0
    assert [each.observations for each in entities_of(store) if each.name == "Ada"] == [
        ["likes tea"]
    ]
    left = [Relation("Bob", "Ada", "likes"), Relation("Bob", "Kim", "")]
    assert sorted(relations_of(store), key=repr) == left
    assert memory.delete_entities(["Ada", "Nobody"]) == 0
    assert entities_of(store) == [BOB]
    assert relations_of(store) == [Relation("Bob", "Kim", "")]
    moment = store.moment()
    shown = " ".join(map(str, moment.graph.particles)) + " ".join(
        map(str, moment.graph.texts or [])
    )
    assert "tea" not in shown
    assert "story" not in shown


def test_one_observation_of_two_stays_for_the_other(store: MemoryStore) -> None:
    memory = Memory(store)
    memory.create_entities(
        [Entity("Ada", "person", ["likes tea"]), Entity("Bob", "", ["likes tea"])]
    )
    memory.delete_entities(["Ada"])
    assert entities_of(store) == [Entity("Bob", "", ["likes tea"])]


def test_observations_of_nobody_change_nothing(store: MemoryStore) -> None:
    memory = Memory(store)
    memory.create_entities([BOB])
    memory.create_relations([Relation("Bob", "Kim", "knows")])
    before = store.moment().root
    for name in ("Nobody", "Kim", "person"):
        with pytest.raises(InputError, match=f"Entity with name {name} not found"):
            memory.add_observations([Observed("Bob", ["is told"]), Observed(name, ["is not"])])
    assert store.moment().root == before


@pytest.mark.parametrize("name", ["", "memory:type", "Ærø", "a\nb", "Ada"])
def test_a_name_may_be_its_own_type_observation_and_neighbour(
    store: MemoryStore, name: str
) -> None:
    memory = Memory(store)
    own = Entity(name, name, [name])
    assert memory.create_entities([own]) == [own]
    assert memory.create_relations([Relation(name, name, name)]) == [Relation(name, name, name)]
    assert (entities_of(store), relations_of(store)) == ([own], [Relation(name, name, name)])
    memory.delete_entities([name])
    assert (entities_of(store), relations_of(store)) == ([], [])
    assert len(store.moment().graph.particles) == 0


def test_two_servers_see_and_keep_what_the_other_did(new_store: NewStore) -> None:
    one, other = Memory(new_store()), Memory(new_store())
    one.create_entities([ADA])
    other.create_entities([BOB])
    one.add_observations([Observed("Bob", ["came later"])])
    assert {each.name for each in entities_of(other.store)} == {"Ada", "Bob"}
    assert entities_of(one.store) == entities_of(other.store)
    assert one.store.moment().root == other.store.moment().root


def test_servers_that_write_at_once_lose_nothing(new_store: NewStore) -> None:
    memories = [Memory(new_store()) for _ in range(3)]

    def tell(memory: Memory, number: int) -> None:
        for turn in range(8):
            memory.create_entities([Entity(f"{number}.{turn}", "turn", [f"said {turn}"])])

    threads = [Thread(target=tell, args=pair) for pair in zip(memories, range(3), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there = {(each.name, *each.observations) for each in entities_of(memories[0].store)}
    assert there == {(f"{n}.{turn}", f"said {turn}") for n in range(3) for turn in range(8)}


def test_links_of_others_stay_in_a_ledger(tmp_path: Path, ledger: Path) -> None:
    alice, bob = (
        Memory(LedgerStore(OpenLedger(Folder(ledger), keyring_of(tmp_path, name))))
        for name in ("alice", "bob")
    )
    alice.create_entities([Entity("Ada", "person", ["likes tea"])])
    bob.add_observations([Observed("Ada", ["likes coffee"])])
    assert bob.delete_entities(["Ada"]) == 2
    assert entities_of(bob.store) == [Entity("Ada", "person", ["likes tea"])]
    assert alice.delete_entities(["Ada"]) == 0
    assert entities_of(alice.store) == []
    bob.store.close()
    alice.store.close()


def test_notes_are_entities_whose_text_is_their_first_observation(tmp_path: Path) -> None:
    graph = Graph.from_edges(["tea"], ["Ada"], relation="links")
    graph.set_text("tea", "Tea is a drink.")
    path = tmp_path / "notes.focusmesh"
    graph.save(path)
    memory = Memory(FileStore(path))
    assert entities_of(memory.store) == [Entity("tea", "", ["Tea is a drink."])]
    memory.add_observations([Observed("tea", ["Tea is a drink.", "is green"])])
    assert entities_of(memory.store) == [Entity("tea", "", ["Tea is a drink.", "is green"])]
    assert relations_of(memory.store) == [Relation("tea", "Ada", "links")]
    memory.delete_observations([Deletion("tea", ["Tea is a drink."])])
    assert memory.store.moment().graph.text("tea") == ""
    assert entities_of(memory.store) == [Entity("tea", "", ["is green"])]


def test_names_that_are_numbers_are_found(tmp_path: Path) -> None:
    store = GraphStore(Graph.from_edges([7], [8], relation="to"), "read only")
    view = store.moment().view
    assert view.find("7") == store.moment().graph.index(7)
    with pytest.raises(InputError, match="read only"):
        Memory(store).create_entities([ADA])
    assert Memory(store).delete_entities(["nobody"]) == 0


def test_a_file_that_cannot_be_written_leaves_the_memory_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(FileStore(tmp_path / "memory.focusmesh"))
    memory.create_entities([ADA])
    before, root = (tmp_path / "memory.focusmesh").read_bytes(), memory.store.moment().root

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "fsync", full)
        with pytest.raises(FileError, match="No space left"):
            memory.create_entities([BOB])
    assert memory.store.moment().root == root
    assert (tmp_path / "memory.focusmesh").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.suffix != ".focusmesh"] in (
        [],
        ["keys"],
    )
    assert memory.create_entities([BOB]) == [BOB]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.focusmesh"
    path.write_bytes(b"x" * 200)
    with pytest.raises(FileError, match="not a focusmesh graph file"):
        FileStore(path)
    assert stat.S_ISREG(path.stat().st_mode)


names = st.sampled_from(["a", "b", "c", "", "memory:x"])
said = st.sampled_from(["1", "2", "a", "", LONG])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("entity"), names, st.lists(said, max_size=3, unique=True)),
            st.tuples(st.just("observe"), names, st.lists(said, max_size=2, unique=True)),
            st.tuples(st.just("forget"), names, st.lists(said, max_size=2)),
            st.tuples(st.just("delete"), names, st.just([])),
        ),
        max_size=12,
    )
)
def test_any_calls_lead_to_what_a_dictionary_has(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, str, list[str]]]
) -> None:
    memory = Memory(FileStore(tmp_path_factory.mktemp("memory") / "memory.focusmesh"))
    model: dict[str, list[str]] = {}
    for kind, name, texts in calls:
        if kind == "entity":
            memory.create_entities([Entity(name, "thing", texts)])
            model.setdefault(name, list(texts))
        elif kind == "observe" and name in model:
            memory.add_observations([Observed(name, texts)])
            model[name] += [text for text in texts if text not in model[name]]
        elif kind == "forget":
            memory.delete_observations([Deletion(name, texts)])
            if name in model:
                model[name] = [text for text in model[name] if text not in texts]
        elif kind == "delete":
            memory.delete_entities([name])
            model.pop(name, None)
    view = memory.store.moment().view
    found = [view.entity(at) for at in view.entities]
    assert [(each.name, each.observations) for each in found] == list(model.items())


def test_what_one_signal_cannot_hold_is_not_begun(
    tmp_path: Path, new_ledger: NewLedger, keyring: Keyring
) -> None:
    """A signal is all or nothing, two of them are not."""
    small = new_ledger("small", operations_max=10)
    memory = Memory(LedgerStore(OpenLedger(Folder(small), keyring)))
    few = Entity("Ada", "person", ["drinks tea"])
    assert memory.create_entities([few]) == [few]
    with pytest.raises(SignalError, match="takes 3 signals") as failed:
        memory.create_entities([Entity("Bob", "person", [f"says {at}" for at in range(10)])])
    assert failed.value.code == "size"
    moment = memory.store.moment()
    assert (moment.height, moment.view.entity_names) == (1, ["Ada"])
    memory.store.close()
