"""A parameter that the record of a question gets is on every face, and its value arrives; no face has any other."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import pytest
import typer
from graphql import build_schema
from typer.testing import CliRunner

from focusmesh.engine.compile import compile_graph
from focusmesh.engine.tuning import TuneParams
from focusmesh.errors import ParameterError
from focusmesh.host import service
from focusmesh.host.service import (
    LEDGER_QUESTIONS,
    NETWORK_QUESTIONS,
    QUESTIONS,
    Service,
    parameters_of,
)
from focusmesh.interface.cli.application import application
from focusmesh.interface.cli.graph.compile_graph import method_of
from focusmesh.interface.cli.shared.options import Operator, Output, Reading
from focusmesh.interface.mcp import FileStore, Tools, answers
from focusmesh.interface.mcp import tools as offered_tools
from focusmesh.interface.mcp.schemas import taken_by
from focusmesh.interface.mcp.tools import tools
from focusmesh.interface.server.graphql import execution, schema, schema_text
from focusmesh.interface.server.graphql.query import OF_LEDGERS
from focusmesh.interface.server.grpc import method_types, protocol
from focusmesh.interface.server.process import openapi_document
from focusmesh.interface.server.process.openapi import routes
from focusmesh.interface.server.shared.handlers import handler_of
from tests.interface.server.conftest import keyring, letters, told
from tests.interface.server.grpc.conftest import failure, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.host.keys import Keyring
    from focusmesh.host.service import Face

__all__ = ["keyring", "letters", "told"]

WORDS = "Only particles of this shade."
GRID = "grid"
COMMANDS = "focusmesh.interface.cli"
COMMAND = f"{COMMANDS}.graph.recall"
MODULES = ("compile_graph", "tune", "plot")
CACHES = (
    openapi_document.cache_clear,
    schema._schema.cache_clear,
    protocol.pool.cache_clear,
    protocol.method_types.cache_clear,
    *(each.cache_clear for each in vars(execution).values() if hasattr(each, "cache_clear")),
)
GRAPH = ("rank", "context", "recall", "ask", "explain", "walk")
QUERIES = {
    "account": "query account",
    "rank_receipt": "query rank",
    "link_receipt": "query link",
    "context_receipt": "query context",
    "derive": "query rules",
    "why": "query why",
}
"""What ``focusmesh query`` asks, and as what."""
TOOLS = {"derive": "query", "why": "why"}
"""Questions by rules, and what their tools are called."""
ALONE: dict[str, Any] = {
    "compile": service.Compile,
    "tune": service.Tune,
    "plot": service.Plot,
    "neighbours": service.ListNeighbours,
    "prove": offered_tools._Prove,
}
"""Questions of one face."""
OFFERED: dict[Face, tuple[str, ...]] = {
    "cli": (*GRAPH, *QUERIES, "compile", "tune", "plot"),
    "http": (*QUESTIONS, *LEDGER_QUESTIONS, *NETWORK_QUESTIONS),
    "graphql": (*QUESTIONS, *OF_LEDGERS),
    "grpc": (*QUESTIONS, *LEDGER_QUESTIONS),
    "mcp": ("recall", "explain", "prove", *TOOLS),
}
OFFERS = [(face, question) for face, offered in OFFERED.items() for question in offered]
TERMINAL = {
    *(field.name for group in (Reading, Operator, Output) for field in dataclasses.fields(group)),
    *("graph", "backend", "ledger", "keys", "key", "passphrase_file", "receipt"),
    *("destination", "force"),
}
"""What a command has of its own: which graph or ledger it reads, by which operator, how it prints, what it writes."""
OF_ONE_COMMAND = {
    "rank": {"everything", "estimate", "cluster", "workers", "parts", "keep", "scores"},
    "context": {"everything", "without_seeds", "relevant"},
    "recall": {"index", "prompt"},
    "rank_receipt": {"everything"},
    "compile": {"check"},
}
heard: list[str] = []


def records() -> dict[str, Any]:
    """The records of all questions that several faces ask, by name."""
    return QUESTIONS | LEDGER_QUESTIONS | NETWORK_QUESTIONS


def record_of(question: str) -> Any:
    return ALONE.get(question) or records()[question]


def widened(record: Any) -> Any:
    """The record with one more field, which is heard when the question is asked."""

    def ask(self: Any, *of: Any) -> Any:
        heard.append(self.shade)
        return record.ask(self, *of)

    return msgspec.defstruct(
        record.__name__,
        [("shade", Annotated[Literal["blue", "red"], msgspec.Meta(description=WORDS)], "red")],
        bases=(record,),
        namespace={"ask": ask},
        kw_only=True,
    )


@pytest.fixture
def wider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All records have one more field; nothing else was touched, and what was made of them is made anew."""
    commands = [importlib.import_module(f"{COMMANDS}.graph.{name}") for name in (*GRAPH, *MODULES)]
    commands += [
        importlib.import_module(f"{COMMANDS}.ledger.{name}") for name in ("query", "query_rules")
    ]
    heard.clear()
    with monkeypatch.context() as patch:
        for questions in (QUESTIONS, LEDGER_QUESTIONS, NETWORK_QUESTIONS, ALONE):
            for name, record in list(questions.items()):
                patch.setitem(questions, name, widened(record))
                patch.setattr(service, record.__name__, questions[name], raising=False)
        patch.setattr(offered_tools, "_Prove", ALONE["prove"])
        for clear in CACHES:
            clear()
        for command in commands:
            importlib.reload(command)
        yield
    for clear in CACHES:
        clear()
    for command in commands:
        importlib.reload(command)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(application, list(words))
    assert done.exit_code == code, done.output
    return done.output


def shown(face: Face, question: str) -> set[str]:
    """The names under which a face takes what a question is asked with."""
    if face == "http":
        (made,) = (
            each for each in routes() if each.fn.__name__ == question and GRID not in each.tags
        )
        (path,) = made.paths
        operation = openapi_document()["paths"][re.sub(r":\w+}", "}", path)]
        (method,) = (operation[str(each).lower()] for each in made.http_methods if each != "HEAD")
        posted = method.get("requestBody", {}).get("content", {}).get("application/json", {})
        in_body = posted.get("schema", {}).get("properties", {})
        return {each["name"] for each in method.get("parameters", ())} | set(in_body)
    if face == "graphql":
        query: Any = build_schema(schema_text()).query_type
        return set(query.fields[question].args)
    if face == "grpc":
        part = "GraphService" if question in QUESTIONS else "LedgerService"
        request = method_types()[f"{part}/{record_of(question).__name__}"].request
        return set(request.DESCRIPTOR.fields_by_name)
    if face == "mcp":
        named = TOOLS.get(question, question)
        return set(next(tool for tool in tools() if tool.name == named).schemas[0]["properties"])
    command: Any = typer.main.get_command(application)
    for word in QUERIES.get(question, question).split():
        command = command.commands[word]
    own = TERMINAL | OF_ONE_COMMAND.get(question, set()) | {"help"}
    return {each.name for each in command.params} - own


def not_of_the_record(face: Face, question: str) -> set[str]:
    """What a face takes that the record has not, or does not take though it has."""
    return shown(face, question) ^ {each.name for each in parameters_of(record_of(question), face)}


@pytest.mark.parametrize(("face", "question"), OFFERS)
def test_a_face_has_the_parameters_of_the_record(face: Face, question: str) -> None:
    assert not_of_the_record(face, question) == set()
    fields = {each.field for each in parameters_of(record_of(question), face)}
    assert fields <= set(record_of(question).__struct_fields__)


def test_a_particle_of_graphql_takes_what_the_record_of_its_links_has() -> None:
    particle: Any = build_schema(schema_text()).type_map["Particle"]
    named = {each.name for each in parameters_of(service.ListNeighbours, "graphql")}
    assert set(particle.fields["links"].args) == named - {"particle"}


def test_twin_a_parameter_that_the_record_has_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"context": QUESTIONS["walk"], "recall": QUESTIONS["explain"]}
    for name, record in others.items():
        monkeypatch.setitem(QUESTIONS, name, record)
    assert {"steps", "top"} <= not_of_the_record("cli", "context")
    # What a command has of its own is not passed over where another one has it.
    monkeypatch.setitem(OF_ONE_COMMAND, "recall", set())
    assert {"index", "prompt", "target"} <= not_of_the_record("cli", "recall")


def test_every_field_is_offered_somewhere_and_described() -> None:
    assert {question for _, question in OFFERS} == {*records(), *ALONE} - {"neighbours"}
    for name, record in (records() | ALONE).items():
        offered = {
            each.field
            for face, questions in OFFERED.items()
            if name in questions or (face, name) == ("graphql", "neighbours")
            for each in parameters_of(record, face)
        }
        assert offered == set(record.__struct_fields__)
        assert all(each.description for each in parameters_of(record))


@pytest.mark.usefixtures("wider")
def test_a_parameter_that_a_record_gets_is_on_every_face() -> None:
    for face, question in OFFERS:
        assert "shade" in shown(face, question), (face, question)
    text = " ".join(run("recall", "--help").replace("│", " ").split())
    assert "--shade SHADE" in text
    assert WORDS in text
    parameters = openapi_document()["paths"]["/v1/recall"]["get"]["parameters"]
    (shade,) = (each for each in parameters if each["name"] == "shade")
    assert (shade["description"], shade["schema"]["default"]) == (WORDS, "red")
    assert shade["schema"]["enum"] == ["blue", "red"]
    assert "shade: Shade! = red" in schema_text()
    request = method_types()["GraphService/Recall"].request.DESCRIPTOR
    assert request.fields_by_name["shade"].number == 21
    takes, _ = next(tool for tool in tools() if tool.name == "recall").schemas
    described = {"type": "string", "enum": ["blue", "red"], "default": "red", "description": WORDS}
    assert takes["properties"]["shade"] == described


@pytest.mark.usefixtures("wider")
def test_what_is_said_of_it_arrives_in_listings(letters: Path) -> None:
    with served(Service.open(letters)) as both:
        assert both.http.get("/v1/links?shade=blue").status_code == 200
        assert both.http.get("/v1/particles?shade=green").json()["parameter"] == "shade"
        asked = {"query": "{ links(shade: blue) { items { weight } } }"}
        assert "errors" not in both.http.post("/v1/graphql", json=asked).json()
        both.grpc.ListLinks(shade="blue")
        both.grpc.ListLinks(particle="alpha")
    assert heard == ["blue", "blue", "blue", "red"]


@pytest.mark.usefixtures("wider")
def test_what_is_said_of_it_arrives_at_a_ledger(told: Path, keyring: Keyring) -> None:
    with served(Service.open(told, keyring=keyring)) as both:
        for path in ("blocks/1", "blocks/1/square", "blocks/1/square/0/0", "headers", "peers"):
            assert both.http.get(f"/v1/{path}?shade=blue").status_code == 200, path
            assert both.http.get(f"/v1/{path}?shade=green").json()["parameter"] == "shade", path
        fields = "block(height: 1, shade: blue) { id } finality(shade: blue) { kind }"
        assert (
            "errors" not in both.http.post("/v1/graphql", json={"query": f"{{ {fields} }}"}).json()
        )
        both.grpc.GetBlock(height=1, shade="blue")
        both.grpc.ListBlocks()
    assert heard == [*["blue"] * 8, "red"]


@pytest.mark.usefixtures("wider")
def test_what_is_said_of_it_arrives(
    letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Service.open(letters)) as both:
        path = "/v1/recall?from=alpha"
        assert both.http.get(f"{path}&shade=blue").status_code == 200
        assert both.http.get(path).status_code == 200
        wrong = both.http.get(f"{path}&shade=green")
        assert (wrong.status_code, wrong.json()["parameter"]) == (400, "shade")
        asked = {"query": '{ recall(seeds: ["alpha"], shade: blue) { bound } }'}
        assert "errors" not in both.http.post("/v1/graphql", json=asked).json()
        both.grpc.Recall(seeds=["alpha"], shade="blue")
        refused = failure(lambda: both.grpc.Recall(seeds=["alpha"], shade="green"))
        assert refused[:2] == ("INVALID_ARGUMENT", "parameter")
    assert heard == ["blue", "red", "blue", "blue"]
    heard.clear()
    listen(monkeypatch, answers, "recall")
    given = {"entities": [{"name": "Ada", "entityType": "person", "observations": ["likes tea"]}]}
    with_tools = Tools(FileStore(tmp_path / "memory.focusmesh"))
    with_tools.call("create_entities", given)
    with_tools.call("recall", {"question": "tea", "shade": "blue"})
    with pytest.raises(ParameterError, match="shade"):
        with_tools.call("recall", {"question": "tea", "shade": "green"})
    listen(monkeypatch, importlib.import_module(COMMAND), "_answer")
    said = ("recall", str(letters), "--from", "alpha", "--json")
    assert json.loads(run(*said, "--shade", "blue", "--quiet"))["items"]
    run(*said, "--shade", "green", code=2)
    assert heard == ["blue", "blue"]


@pytest.mark.usefixtures("wider")
def test_what_is_said_of_it_arrives_where_a_graph_is_compiled_or_tuned(
    letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hear(asked: Any) -> str:
        heard.append(asked.shade)
        raise ParameterError("heard")

    for name in ("compile", "tune"):
        module = "compile_graph" if name == "compile" else name
        monkeypatch.setattr(f"{COMMANDS}.graph.{module}.method_of", hear)
        run(name, str(letters), "-o", str(tmp_path / f"{name}.onnx"), "--shade", "blue", code=2)
    assert heard == ["blue", "blue"]


def test_python_has_the_defaults_of_what_the_command_line_alone_offers() -> None:
    in_python = inspect.signature(compile_graph).parameters
    called = {"form": "form", "layers": "layers", "within": "tolerance", "rank": "rank"}
    called |= {"beta": "beta", "count": "count"}
    record, tuned = service.Compile(), service.Tune()
    assert {*called, "seeds", "method"} == set(record.__struct_fields__)
    for field, name in called.items():
        assert getattr(record, field) == in_python[name].default, field
    assert method_of(record) == in_python["method"].default
    for field in {each.name for each in dataclasses.fields(TuneParams)} & set(
        tuned.__struct_fields__
    ):
        assert getattr(tuned, field) == getattr(TuneParams(), field), field


def test_no_face_has_it_before(letters: Path) -> None:
    for face, question in OFFERS:
        assert "shade" not in shown(face, question), (face, question)
    run("recall", str(letters), "--from", "alpha", "--shade", "blue", code=2)


def listen(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> None:
    """Hears which shade a function is asked with."""
    before = getattr(place, name)

    def hearing(first: Any, asked: Any, *rest: Any) -> Any:
        heard.append(asked.shade)
        return before(first, asked, *rest)

    monkeypatch.setattr(place, name, hearing)


class Keyed(msgspec.Struct):
    """A record with bytes that need not be said."""

    key: bytes = b"\x0f"
    keys: tuple[bytes, ...] = (b"\x01", b"")
    name: str = "all"
    at: int | None = None
    said: Annotated[bytes, msgspec.Meta(max_length=2)] = msgspec.field(default=b"")


def test_defaults_that_are_bytes_are_shown_in_hexadecimal() -> None:
    parameters = parameters_of(Keyed)
    shown = {each.name: each.shown_default for each in parameters}
    assert shown == {"key": "0f", "keys": ["01", ""], "name": "all", "at": None, "said": ""}
    schema_of = json.loads(json.dumps(taken_by(parameters)))["properties"]
    assert {name: each["default"] for name, each in schema_of.items() if "default" in each} == {
        "key": "0f",
        "name": "all",
        "said": "",
    }

    async def answer(*_: Any) -> None: ...

    types = {"server": Any, "request": Any, "return": Any}
    route = inspect.signature(handler_of(answer, "keyed", "Of keys.", parameters, types))
    assert (route.parameters["key_"].default, route.parameters["keys_"].default) == ("0f", None)
