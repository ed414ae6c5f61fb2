"""The official client before our server: both generations of the protocol, every transport, changes told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from focusmesh.host.service import Service
from focusmesh.interface.mcp import FileStore, LedgerStore, Prover, Tools, made_server
from focusmesh.interface.mcp.resources import GRAPH_URI
from focusmesh.kernel.receipts import Receipt, verify_receipt
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.host.keys.keyring import Keyring
    from tests.interface.mcp.conftest import NewStore

ADA = {"name": "Ada", "entityType": "person", "observations": ["likes tea"]}
SECONDS = 30
ERAS = ["legacy", "2026-07-28"]


def server_of(path: Path) -> Any:
    return made_server(Tools(FileStore(path)))


def program(*arguments: str | Path, **variables: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=[*PROGRAM[1:], *map(str, arguments)], env=dict(variables)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.focusmesh"


@pytest.mark.parametrize("mode", ERAS)
def test_what_was_told_is_answered(path: Path, mode: str) -> None:
    async def talk() -> None:
        async with Client(server_of(path), mode=mode) as client:
            made = await client.call_tool("create_entities", {"entities": [ADA]})
            assert made.structured_content == {"entities": [ADA]}
            found = await client.call_tool("recall", {"question": "Who likes tea?"})
            assert not found.is_error
            texts = {item["text"] for item in found.structured_content["items"]}
            assert texts == {"likes tea", "Ada"}
            why = await client.call_tool("explain", {"particle": "Ada", "question": "tea"})
            assert why.structured_content["walks"]

    asyncio.run(talk())


@pytest.mark.parametrize("mode", ERAS)
def test_errors_are_answers_that_a_model_can_read(path: Path, mode: str, caplog: Any) -> None:
    async def talk() -> None:
        async with Client(server_of(path), mode=mode) as client:
            wrong = await client.call_tool("open_nodes", {"names": [7]})
            assert (wrong.is_error, "Expected `str`" in text_of(wrong)) == (True, True)
            lost = await client.call_tool(
                "add_observations", {"observations": [{"entityName": "Kim", "contents": ["x"]}]}
            )
            assert text_of(lost) == "Entity with name Kim not found"
            with pytest.raises(MCPError, match="no tool 'prove'"):
                await client.call_tool("prove", {"entity": "Ada"})
            with pytest.raises(MCPError, match="no resource"):
                await client.read_resource("memory://nothing")
            path.write_bytes(b"damaged" * 40)
            broken = await client.call_tool("read_graph", {})
            assert broken.is_error
            assert str(path) not in text_of(broken)
            assert "operator" in text_of(broken)

    asyncio.run(talk())
    assert str(path) in caplog.text


@pytest.mark.parametrize("mode", ERAS)
def test_resources_are_listed_and_read(path: Path, mode: str) -> None:
    async def talk() -> None:
        people = [{**ADA, "name": f"person {n}"} for n in range(150)]
        async with Client(server_of(path), mode=mode) as client:
            await client.call_tool("create_entities", {"entities": people})
            first = await client.list_resources()
            assert first.resources[0].uri == GRAPH_URI
            assert first.next_cursor is not None
            second = await client.list_resources(cursor=first.next_cursor)
            assert second.next_cursor is None
            listed = [*first.resources, *second.resources]
            assert [each.name for each in listed[1:]] == [each["name"] for each in people]
            one = json.loads(text_of(await client.read_resource(listed[5].uri)))
            assert one == {"entities": [people[4]], "relations": []}
            templates = await client.list_resource_templates()
            assert len(templates.resource_templates) == 2

    asyncio.run(talk())


def test_a_large_resource_is_read_in_parts(path: Path) -> None:
    async def talk() -> None:
        people = [{**ADA, "name": f"person {n}"} for n in range(60)]
        tools = Tools(FileStore(path), budget_tokens=500)
        tools.call("create_entities", {"entities": people})
        names: list[str] = []
        async with Client(made_server(tools)) as client:
            uri = GRAPH_URI
            while uri:
                part = json.loads(text_of(await client.read_resource(uri)))
                names += [each["name"] for each in part["entities"]]
                following = part.get("nextCursor")
                uri = f"{GRAPH_URI}?cursor={following}" if following else ""
        assert sorted(names) == sorted(str(each["name"]) for each in people)

    asyncio.run(talk())


@pytest.mark.filterwarnings("ignore:resources/:mcp.MCPDeprecationWarning")
def test_subscribers_are_told_what_changed(path: Path) -> None:
    async def talk() -> None:
        told: list[str] = []

        async def listen(message: Any) -> None:
            told.append(message.params.uri)

        async with Client(server_of(path), mode="legacy", message_handler=listen) as client:
            await client.call_tool("create_entities", {"entities": [ADA, {**ADA, "name": "Bob"}]})
            await client.session.subscribe_resource(GRAPH_URI)
            await client.session.subscribe_resource("memory://entity/Ada")
            said = {"entityName": "Ada", "contents": ["is here"]}
            await client.call_tool("add_observations", {"observations": [said]})
            await until(lambda: len(told) == 2)
            assert told == [GRAPH_URI, "memory://entity/Ada"]
            await client.session.unsubscribe_resource("memory://entity/Ada")
            await client.call_tool(
                "add_observations", {"observations": [{**said, "contents": ["2"]}]}
            )
            await until(lambda: len(told) == 3)
            assert told[2:] == [GRAPH_URI]
            # A call that changes nothing is no change.
            await client.call_tool("add_observations", {"observations": [said]})
            await client.call_tool("read_graph", {})
            assert len(told) == 3

    asyncio.run(talk())


def test_listeners_hear_of_another_process(path: Path) -> None:
    async def talk() -> None:
        async with Client(server_of(path), mode="2026-07-28") as client:
            async with client.listen(
                resource_subscriptions=[GRAPH_URI], resources_list_changed=True
            ) as events:
                other = Tools(FileStore(path))
                other.call("create_entities", {"entities": [ADA]})
                heard = {type(await anext(events)).__name__ for _ in range(2)}
            assert heard == {"ResourceUpdated", "ResourcesListChanged"}

    asyncio.run(asyncio.wait_for(talk(), SECONDS))


def test_a_ledger_proves_who_said_what(new_store: NewStore, keyring: Keyring) -> None:
    store = new_store()
    if not isinstance(store, LedgerStore):
        assert "prove" not in Tools(store).offered
        return
    prover = Prover(Service.open(store.ledger.folder.path, keyring=keyring))

    async def talk() -> None:
        async with Client(made_server(Tools(store, prover))) as client:
            await client.call_tool("create_entities", {"entities": [ADA, {**ADA, "name": "Bob"}]})
            for arguments, kind in (
                ({"source": "Ada", "target": "likes tea"}, "link"),
                ({"source": "Ada", "target": "Bob"}, "link"),
                ({"entity": "Ada"}, "rank"),
            ):
                proved = await client.call_tool("prove", arguments)
                data = proved.structured_content
                assert (proved.is_error, data["kind"]) == (False, kind), proved
                content = await client.read_resource(data["receipt"])
                receipt = Receipt.from_json(text_of(content))
                verify_receipt(receipt, store.ledger.chain.header(data["height"]))
            link = await client.call_tool("prove", {"source": "Ada", "target": "likes tea"})
            assert link.structured_content["author"] == store.ledger.author.hex()
            absent = await client.call_tool("prove", {"source": "Ada", "target": "Bob"})
            assert absent.structured_content["result"]["present"] is False
            assert (await client.call_tool("prove", {"source": "Ada"})).is_error
            with pytest.raises(MCPError, match="no such receipt"):
                await client.read_resource("focusmesh://receipt/00")

    asyncio.run(talk())


def test_the_program_serves_standard_input(path: Path) -> None:
    async def talk() -> None:
        for mode in ERAS:
            async with Client(program("mcp", path), mode=mode) as client:
                await client.call_tool("create_entities", {"entities": [{**ADA, "name": mode}]})
        async with Client(program("mcp", path, "--read-only")) as client:
            assert len((await client.list_tools()).tools) == 7
            found = (await client.call_tool("read_graph", {})).structured_content
            assert [each["name"] for each in found["entities"]] == ERAS

    asyncio.run(asyncio.wait_for(talk(), 2 * SECONDS))


def test_the_program_serves_http_to_those_who_show_the_token(path: Path) -> None:
    with served(path, FOCUSMESH_MCP_TOKEN="s3cret") as url:
        asyncio.run(asyncio.wait_for(over_http(url, "s3cret"), SECONDS))
        for shown in ({}, {"authorization": "Bearer wrong"}):
            refused = httpx2.post(url, json={}, headers=shown)
            assert (refused.status_code, refused.text) == (401, "a bearer token is needed")
    kept = Tools(FileStore(path)).call("read_graph", {}).data
    assert [each.name for each in kept.entities] == ERAS


async def over_http(url: str, token: str) -> None:
    for mode in ERAS:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as web,
            Client(streamable_http_client(url, http_client=web), mode=mode) as client,
        ):
            made = await client.call_tool("create_entities", {"entities": [{**ADA, "name": mode}]})
            assert not made.is_error
            found = await client.call_tool("search_nodes", {"query": "tea"})
            assert mode in {each["name"] for each in found.structured_content["entities"]}


def test_a_page_of_another_site_is_refused(path: Path) -> None:
    with served(path) as url:
        headers = {"host": "evil.example", "content-type": "application/json"}
        assert httpx2.post(url, content="{}", headers=headers).status_code == 421
        headers = {"origin": "https://evil.example", "content-type": "application/json"}
        assert httpx2.post(url, content="{}", headers=headers).status_code == 403
        large = httpx2.post(
            url, content=b"x" * (5 << 20), headers={"content-type": "application/json"}
        )
        assert large.status_code == 413


@contextmanager
def served(path: Path, **variables: str) -> Iterator[str]:
    """The URL of a server in a process of its own, which ends well on SIGTERM."""
    server = subprocess.Popen(
        [*PROGRAM, "mcp", str(path), "--http", "--port", "0"],
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        line = server.stderr.readline()
        assert line.startswith("http://127.0.0.1:"), line
        yield line.partition(": ")[0].strip()
        server.send_signal(signal.SIGTERM)
        assert server.wait(SECONDS) in (0, -signal.SIGTERM)
        assert "Traceback" not in server.stderr.read()
    finally:
        server.kill()
        server.stderr.close()
        server.wait()


def text_of(answer: Any) -> str:
    """The first text of an answer, or of a resource."""
    content = answer.content if hasattr(answer, "content") else answer.contents
    text: str = content[0].text
    return text


async def until(condition: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("mode", ERAS)
def test_an_unknown_argument_is_told_with_the_nearest(path: Path, mode: str) -> None:
    async def talk() -> None:
        async with Client(server_of(path), mode=mode) as client:
            for name, arguments, near in (
                ("recall", {"question": "tea", "budget": 5}, "'budget_tokens'"),
                ("read_graph", {"Cursor": "x"}, "'cursor'"),
                ("create_entities", {"entities": [{**ADA, "observation": []}]}, "'observations'"),
            ):
                wrong = await client.call_tool(name, arguments)
                assert wrong.is_error, name
                assert f"did you mean {near}" in text_of(wrong)

    asyncio.run(talk())
