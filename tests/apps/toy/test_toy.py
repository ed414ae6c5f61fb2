"""An application that the list alone names is in the chain, on the command line, in HTTP, GraphQL, gRPC and MCP."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import pytest
from graphql import build_schema
from typer.testing import CliRunner

from focusmesh.apps import APPLICATIONS, applications
from focusmesh.errors import InputError, ParameterError, SignalError
from focusmesh.host.keys.keyring import Keyring
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.ledger import OpenLedger
from focusmesh.host.service import Service
from focusmesh.host.storage import ledger_folder
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.interface.cli.application import application
from focusmesh.interface.mcp import FileStore, LedgerStore, Tools
from focusmesh.interface.server.graphql import execution, schema, schema_text
from focusmesh.interface.server.grpc import method_types, protocol
from focusmesh.interface.server.process import openapi_document
from focusmesh.kernel.session import Step
from focusmesh.protocol.codec import decode
from tests.apps.toy.face import APPLICATION as FACE
from tests.apps.toy.operations import PutNote
from tests.interface.server.conftest import served
from tests.interface.server.grpc.conftest import failure
from tests.interface.server.grpc.conftest import served as served_both
from tests.ledger_fixtures import (
    PASSPHRASE,
    alice,
    bob,
    ledger,
    new_key,
    new_ledger,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

__all__ = ["alice", "bob", "ledger", "new_key", "new_ledger"]

TOY = "tests.apps.toy.face"
CACHES = (
    openapi_document.cache_clear,
    schema._schema.cache_clear,
    protocol.pool.cache_clear,
    protocol.method_types.cache_clear,
    *(each.cache_clear for each in vars(execution).values() if hasattr(each, "cache_clear")),
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy stands in the list of applications; what was made of the list is made anew."""
    with monkeypatch.context() as patch:
        patch.setattr("focusmesh.apps.installed.APPLICATIONS", [*APPLICATIONS, TOY])
        for clear in CACHES:
            clear()
        yield
    for clear in CACHES:
        clear()


@pytest.fixture
def noted(toy: None, ledger: Path) -> Path:
    """A ledger of a network with the toy, in which alice has noted something."""
    del toy
    with closing(opened(ledger)) as here:
        here.send([Step(PutNote("first of all", 2).as_fields())])
    return ledger


def opened(ledger: Path, key: str = "alice") -> OpenLedger:
    return OpenLedger(Folder.existing(ledger), keyring(key))


def keyring(key: str) -> Keyring:
    import os

    return Keyring(Keystore.at(None, os.environ), key, lambda _: PASSPHRASE)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(application, list(words))
    assert done.exit_code == code, done.output
    return done.stdout


def test_only_the_list_names_it(toy: None) -> None:
    assert [each.name for each in applications()] == [
        "bank",
        "grid",
        "pins",
        "validators",
        "changes",
        "delegation",
        "toy",
    ]


def test_networks_of_before_keep_their_operations(toy: None) -> None:
    before, today = ledger_folder.operations().earlier[-1], ledger_folder.operations()
    assert set(today.names) - set(before.names) == {"toy_note/1"}
    assert len(today.earlier) == 6


@pytest.fixture
def with_colour(toy: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The record of a question has one more field; nothing else was touched."""
    del toy
    query = FACE.query("notes")
    colour = Annotated[
        Literal["green", "red"], msgspec.Meta(description="Only notes of this colour.")
    ]
    wider = msgspec.defstruct(
        "WiderQuestion", [("colour", colour, "red")], bases=(query.asks,), frozen=True, kw_only=True
    )
    changed = replace(query, asks=wider)
    with monkeypatch.context() as patch:
        queries = tuple(changed if each is query else each for each in FACE.queries)
        patch.setattr("tests.apps.toy.face.APPLICATION", replace(FACE, queries=queries))
        yield


def test_a_parameter_that_a_record_gets_is_on_every_face(with_colour: None, ledger: Path) -> None:
    del with_colour
    words = "Only notes of this colour."
    shown = run("toy", "notes", "--help")
    assert "--colour" in shown
    assert words in " ".join(shown.replace("│", " ").split())
    parameters = openapi_document()["paths"]["/v1/toy/notes"]["get"]["parameters"]
    (colour,) = (each for each in parameters if each["name"] == "colour")
    assert (colour["description"], colour["schema"]["default"]) == (words, "red")
    assert colour["schema"]["enum"] == ["green", "red"]
    assert "colour: Colour! = red" in schema_text()
    request = method_types()["ToyService/Notes"].request.DESCRIPTOR
    assert request.fields_by_name["colour"].number == 6
    with closing(LedgerStore(opened(ledger))) as store:
        takes, _ = Tools(store).offered["toy_notes"].schemas
    assert takes["properties"]["colour"] == {
        "type": "string",
        "enum": ["green", "red"],
        "default": "red",
        "description": words,
    }


def test_no_face_has_the_parameter_before(toy: None) -> None:
    del toy
    assert "--colour" not in run("toy", "notes", "--help")
    assert "colour" not in json.dumps(openapi_document()["paths"]["/v1/toy/notes"])
    assert "colour" not in schema_text()
    request = method_types()["ToyService/Notes"].request.DESCRIPTOR
    assert "colour" not in request.fields_by_name


def test_its_operation_is_carried_out_in_blocks(noted: Path, alice: SigningKey) -> None:
    with closing(opened(noted)) as here:
        assert here.height() == 1
        with here.chain.state.at() as view:
            assert decode(view.get(b"/toy/" + alice.public) or b"") == ["first of all", 2, 1]
        with pytest.raises(SignalError, match="says 'first of all' already"):
            here.send([Step(PutNote("first of all").as_fields())])


def test_a_network_of_before_refuses_it(ledger: Path, toy: None) -> None:
    with closing(opened(ledger)) as here, pytest.raises(SignalError, match="no operation"):
        here.send([Step(PutNote("new").as_fields())])


def test_the_command_line_has_it(noted: Path, alice: SigningKey) -> None:
    assert "Notes of neurons" in run("--help")
    assert "put-note" in run("toy", "--help")
    placed = json.loads(run("toy", "put-note", "another one", "--times", "3", "--json"))
    assert (placed["height"], placed["code"]) == (2, "ok")
    one = json.loads(run("toy", "note", "alice", "--json"))
    assert (one["text"], one["times"], one["height_noted"]) == ("another one", 3, 2)
    assert one["neuron"] == alice.public.hex()
    before = json.loads(run("toy", "note", alice.public.hex(), "--at", "1", "--json"))
    assert (before["height"], before["text"]) == (1, "first of all")
    listed = run("toy", "notes", "--word", "one")
    assert listed.split() == ["neuron", "text", "times", alice.public.hex(), "another", "one", "3"]
    assert json.loads(run("toy", "notes", "--word", "none", "--json"))["items"] == []
    run("toy", "put-note", "x", "--times", "10", code=2)
    run("toy", "put-note", "x" * 41, code=2)


def test_http_has_it(noted: Path, alice: SigningKey, bob: SigningKey) -> None:
    with closing(opened(noted, "bob")) as here:
        here.send([Step(PutNote("second").as_fields())])
    keys = sorted(key.public.hex() for key in (alice, bob))
    with served(Service.open(noted)) as client:
        one = client.get("/v1/toy/note", params={"neuron": alice.public.hex()})
        assert one.json()["text"] == "first of all"
        assert one.headers["etag"] == f'"{one.json()["root"]}"'
        first = client.get("/v1/toy/notes", params={"limit": 1}).json()
        rest = client.get("/v1/toy/notes", params={"limit": 1, "cursor": first["cursor"]}).json()
        assert [each["neuron"] for each in (*first["items"], *rest["items"])] == keys
        assert rest["cursor"] is None
        table = client.get("/v1/toy/notes", headers={"accept": "text/csv"})
        assert table.text.startswith("neuron,text,times,")
        old = client.get("/v1/toy/notes", params={"at": 1}).json()
        assert [each["text"] for each in old["items"]] == ["first of all"]
        made = client.get("/v1/toy/encode/put_note", params={"text": "x"}).json()
        assert decode(bytes.fromhex(made["bytes"])) == ["toy_note/1", "x", 1]
        assert (made["name"], made["bandwidth"]) == ("toy_note/1", 1)
        wrong: tuple[tuple[str, dict[str, str | int]], ...] = (
            ("note", {}),
            ("note", {"neuron": "ab"}),
            ("notes", {"order": "size"}),
            ("notes", {"limit": 0}),
            ("notes", {"nothing": 1}),
            ("notes", {"cursor": first["cursor"], "word": "x"}),
            ("encode/put_note", {"text": "x", "times": 10}),
        )
        for path, query in wrong:
            assert client.get(f"/v1/toy/{path}", params=query).status_code == 400, (path, query)


def test_a_graph_file_has_no_notes(toy: None, tmp_path: Path) -> None:
    import focusmesh

    focusmesh.Graph.from_edges(["a"], ["b"]).save(tmp_path / "g.focusmesh")
    with served(Service.open(tmp_path / "g.focusmesh")) as client:
        assert client.get("/v1/toy/notes").status_code == 404


def test_the_description_has_it(toy: None) -> None:
    document = openapi_document()
    operation = document["paths"]["/v1/toy/notes"]["get"]
    assert operation["operationId"] == "V1ToyNotesNotes"
    words = next(each for each in operation["parameters"] if each["name"] == "word")
    assert words["description"] == "Only notes with this word."
    assert words["schema"]["maxLength"] == 40
    assert {"Note", "NotePage", "NoteRow"} <= document["components"]["schemas"].keys()


def test_graphql_has_it(noted: Path, alice: SigningKey) -> None:
    query: Any = build_schema(schema_text()).query_type
    assert query.fields["toy_note"].description == "The note of a neuron."
    text = """query Notes($whose: String!) {
        toy_note(neuron: $whose) { text times root height }
        toy_notes(order: height, limit: 5) { items { text } cursor }
        toy_encode_put_note(text: "x", times: 2) { name bytes }
    }"""
    with served(Service.open(noted)) as client:
        sent = {"query": text, "variables": {"whose": alice.public.hex()}}
        answer = client.post("/v1/graphql", json=sent).json()
        assert "errors" not in answer, answer
        data = answer["data"]
        assert (data["toy_note"]["text"], data["toy_note"]["height"]) == ("first of all", 1)
        assert data["toy_notes"] == {"items": [{"text": "first of all"}], "cursor": None}
        assert decode(bytes.fromhex(data["toy_encode_put_note"]["bytes"]))[1:] == ["x", 2]
        wrong = client.post("/v1/graphql", json={"query": '{ toy_note(neuron: "ab") { text } }'})
        assert wrong.json()["errors"][0]["extensions"]["code"] == "parameter"
        costly = "{" + " ".join(f"n{each}: toy_notes {{ cursor }}" for each in range(100)) + "}"
        refused = client.post("/v1/graphql", json={"query": costly}).json()
        assert refused["errors"][0]["extensions"]["code"] == "too-costly"


def test_grpc_has_it(noted: Path, alice: SigningKey) -> None:
    assert method_types()["ToyService/Note"].path == "/focusmesh.v1.toy.ToyService/Note"
    with served_both(Service.open(noted)) as both:
        note = both.grpc.Note(neuron=alice.public)
        assert (note.text, note.times, note.height) == ("first of all", 2, 1)
        (item,) = both.grpc.Notes(order="height").items
        assert item.neuron == alice.public.hex()
        made = both.grpc.EncodePutNote(text="x")
        assert decode(bytes.fromhex(made.bytes)) == ["toy_note/1", "x", 1]
        wrong = failure(lambda: both.grpc.Note(neuron=b"ab"))
        assert wrong[:2] == ("INVALID_ARGUMENT", "parameter")


def test_mcp_has_it(noted: Path, alice: SigningKey, tmp_path: Path) -> None:
    store = LedgerStore(opened(noted))
    with closing(store):
        tools = Tools(store, commands=True)
        takes, gives = tools.offered["toy_put_note"].schemas
        assert takes["required"] == ["text"]
        assert takes["properties"]["times"]["maximum"] == 9
        assert gives["type"] == "object"
        assert tools.offered["toy_note"].schemas[1]["properties"].keys() >= {"text", "root"}
        placed = tools.call("toy_put_note", {"text": "by an agent"}).data
        assert placed.height == 2
        found = tools.call("toy_note", {"neuron": alice.public.hex()}).data
        assert (found.text, found.height) == ("by an agent", 2)
        page = msgspec.to_builtins(tools.call("toy_notes", {"word": "agent"}).data)
        assert [each["text"] for each in page["items"]] == ["by an agent"]
        for name, asked in (
            ("toy_note", {}),
            ("toy_note", {"neuron": "AB"}),
            ("toy_put_note", {"text": "x", "times": 0}),
            ("toy_notes", {"words": "x"}),
        ):
            with pytest.raises(ParameterError, match=name.removeprefix("toy_")):
                tools.call(name, asked)
        with pytest.raises(ParameterError, match="more than 1 tokens"):
            Tools(store, budget_tokens=1).call("toy_notes", {})
        assert "toy_note" in Tools(store, readonly=True).offered
    assert "toy_note" not in Tools(FileStore(tmp_path / "memory.focusmesh")).offered


def test_a_ledger_that_is_only_read_takes_no_command(noted: Path) -> None:
    with (
        closing(LedgerStore(opened(noted), "it is only read")) as store,
        pytest.raises(InputError, match="it is only read"),
    ):
        Tools(store, commands=True).call("toy_put_note", {"text": "x"})


def test_mcp_signs_commands_only_where_it_was_told_to(noted: Path, alice: SigningKey) -> None:
    """An agent may be told anything by what it reads: what its key signs beside its memory is its operator's choice."""
    with closing(LedgerStore(opened(noted))) as store:
        for tools in (Tools(store), Tools(store, readonly=True)):
            assert "toy_put_note" not in tools.offered
            assert "toy_notes" in tools.offered
            with pytest.raises(KeyError):
                tools.call("toy_put_note", {"text": "x"})
        assert store.ledger.height() == 1
        told = Tools(store, commands=True).offered["toy_put_note"]
        assert told.writes
        assert told.description.startswith("Say something: the note of the key. Signs ")
        assert "the operation toy_note/1 with the key " + alice.public.hex() in told.description
        with pytest.raises(ParameterError, match="no commands"):
            Tools(store, readonly=True, commands=True)


def test_the_command_of_mcp_offers_no_commands_of_itself(
    noted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must fail for a default of yes: what the program serves is what its options say."""
    served_tools: list[Tools] = []

    def made_server(tools: Tools) -> None:
        served_tools.append(tools)

    monkeypatch.setattr("focusmesh.interface.mcp.made_server", made_server)
    monkeypatch.setattr("focusmesh.interface.mcp.serve_stdio", lambda *given: None)
    for words in ((), ("--read-only",), ("--commands",)):
        run("mcp", "--ledger", str(noted), *words)
    assert ["toy_put_note" in each.offered for each in served_tools] == [False, False, True]


def test_nothing_has_it_unless_the_list_does() -> None:
    assert "toy" not in schema_text()
    assert not [path for path in openapi_document()["paths"] if "toy" in path]
    assert not [name for name in method_types() if "Toy" in name]
    assert "toy_note/1" not in ledger_folder.operations().names
    run("toy", "note", code=2)
