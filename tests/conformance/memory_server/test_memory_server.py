"""Our tools before the memory server that agents know: the same calls through the official client, the same answers."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters

from focusmesh import Graph
from focusmesh.interface.mcp import FileStore, Tools, made_server
from tests.conformance.npm import installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ADDED = {
    "read_graph": {"cursor", "budget_tokens"},
    "search_nodes": {"cursor", "budget_tokens"},
    "open_nodes": {"cursor", "budget_tokens"},
}
NAMES = ["Ada", "Bob", "Kim", "memory:type", "", "ada", "Ærøskøbing", "memory:=x"]
TYPES = ["person", "town", "", "memory:observation", "Ada"]
SAID = [
    "likes tea",
    "Ada",
    "",
    "lives in 東京",
    "memory:=likes tea",
    "a\nb",
    '"quoted"',
    "x" * 5_000,
]
KINDS = ["knows", "likes", "", "memory:observation", "memory:type"]


@pytest.fixture(scope="module")
def program() -> Path:
    project = installed(Path(__file__).parent, "the memory server")
    return project / "node_modules/@modelcontextprotocol/server-memory/dist/index.js"


@asynccontextmanager
async def both(program: Path, folder: Path) -> AsyncIterator[tuple[Client, Client]]:
    theirs = StdioServerParameters(
        command="node", args=[str(program)], env={"MEMORY_FILE_PATH": str(folder / "memory.jsonl")}
    )
    ours = made_server(Tools(FileStore(folder / "memory.focusmesh"), budget_tokens=10**6))
    async with Client(theirs) as reference, Client(ours) as own:
        yield reference, own


def test_the_nine_tools_are_announced_in_the_same_way(program: Path, tmp_path: Path) -> None:
    async def compare() -> None:
        async with both(program, tmp_path) as (reference, own):
            theirs = (await reference.list_tools()).tools
            ours = {tool.name: tool for tool in (await own.list_tools()).tools}
        assert len(theirs) == 9
        for tool in theirs:
            mine = ours[tool.name]
            taken, given = mine.input_schema, dict(mine.output_schema or {})
            for name in ADDED.get(tool.name, ()):
                taken["properties"].pop(name)
            given.get("properties", {}).pop("nextCursor", None)
            assert (mine.title, mine.description) == (tool.title, tool.description)
            # Models are given what tools take; in which dialect is the one thing that they are not told.
            theirs_taken = {**tool.input_schema}
            theirs_taken.pop("$schema")
            assert (taken, given) == (theirs_taken, tool.output_schema)
            assert mine.annotations == tool.annotations

    asyncio.run(compare())


@pytest.mark.parametrize("seed", range(2))
def test_the_same_calls_have_the_same_answers(program: Path, tmp_path: Path, seed: int) -> None:
    async def compare() -> None:
        random = Random(seed)
        async with both(program, tmp_path) as (reference, own):
            for _ in range(60):
                name, arguments = call(random)
                theirs = await reference.call_tool(name, arguments)
                ours = await own.call_tool(name, arguments)
                assert ours.is_error == theirs.is_error, (name, arguments, ours)
                assert said(ours) == said(theirs), (name, arguments)
                assert ours.structured_content == theirs.structured_content
            whole = (await own.call_tool("read_graph", {})).structured_content
            resource = await own.read_resource("memory://knowledge-graph")
            assert json.loads(said(resource)) == whole
            assert whole is not None
            assert whole["entities"]
        imported = Graph.read(tmp_path / "memory.jsonl")
        kept = Graph.open(tmp_path / "memory.focusmesh")
        assert imported.report is not None
        assert (imported.report.format, imported.report.bad_count) == ("memory", 0)
        assert triples(imported) == triples(kept)

    asyncio.run(compare())


def call(random: Random) -> tuple[str, dict[str, Any]]:
    """A call at random; nothing is said twice in one, which the reference keeps twice and a graph cannot."""
    some = random.randint(1, 3)
    relations = distinct(
        {
            "from": random.choice(NAMES),
            "to": random.choice(NAMES),
            "relationType": random.choice(KINDS),
        }
        for _ in range(some)
    )
    calls: list[tuple[str, dict[str, Any]]] = [
        (
            "create_entities",
            {
                "entities": [
                    {
                        "name": name,
                        "entityType": random.choice(TYPES),
                        "observations": random.sample(SAID, random.randint(0, 3)),
                    }
                    for name in random.sample(NAMES, some)
                ]
            },
        ),
        ("create_relations", {"relations": relations}),
        ("create_relations", {"relations": relations}),
        (
            "add_observations",
            {
                "observations": [
                    {"entityName": name, "contents": random.sample(SAID, 2)}
                    for name in random.sample(NAMES, some)
                ]
            },
        ),
        ("delete_entities", {"entityNames": random.sample(NAMES, 1)}),
        (
            "delete_observations",
            {
                "deletions": [
                    {"entityName": random.choice(NAMES), "observations": random.sample(SAID, 2)}
                ]
            },
        ),
        ("delete_relations", {"relations": relations}),
        ("read_graph", {}),
        ("search_nodes", {"query": random.choice(["a", "TEA", "東", "nothing of this", ""])}),
        ("open_nodes", {"names": random.sample([*NAMES, "nobody"], 3)}),
    ]
    return random.choice(calls)


def said(answer: Any) -> str:
    """The text of an answer, or of a resource."""
    (content,) = answer.content if hasattr(answer, "content") else answer.contents
    text: str = content.text
    return text


def distinct(relations: Any) -> list[dict[str, str]]:
    return [dict(items) for items in dict.fromkeys(tuple(each.items()) for each in relations)]


def triples(graph: Graph) -> set[tuple[Any, ...]]:
    links = graph.links()
    relations = links.relations or [""]
    of = links.relation if links.relation is not None else [0] * len(links)
    rows = zip(links.source, links.target, of, strict=True)
    return {
        (graph.particles[int(a)], graph.particles[int(b)], relations[int(r)]) for a, b, r in rows
    }
