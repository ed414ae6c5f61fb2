"""Web sockets: what is subscribed to is told, whoever may not is refused, and nobody is held up by anybody."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import focusmesh
from focusmesh.interface.server.shared import new_api_key
from tests.host.nodes import SECONDS
from tests.interface.server.conftest import served
from tests.interface.server.http.sockets import opened
from tests.interface.server.http.workers import worker_of
from tests.interface.server.process.test_processes import packet, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.server.conftest import Client

HANDSHAKE = (
    "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = 0x88


def ran(body: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(body(), SECONDS)

    asyncio.run(bounded())


def said(client: Client, *messages: Any) -> list[Any]:
    """What the first answers to some messages are."""
    with client.websocket_connect("/v1/live") as live:
        heard = []
        for message in messages:
            live.send_text(message if isinstance(message, str) else json.dumps(message))
            heard.append(live.receive_json())
        return heard


def test_messages_that_are_none_are_answered_with_what_is_wrong(client: Client) -> None:
    wrong: list[Any] = [
        "{",
        "[]",
        '"text"',
        {},
        {"subscribe": {"topic": "blocks"}},
        {"id": "", "subscribe": {"topic": "blocks"}},
        {"id": "a", "ping": 1},
        {"ping": 1, "unsubscribe": "a"},
        {"id": "a", "subscribe": {"topic": "weather"}},
        {"id": "a", "subscribe": {"topic": "query", "query": {"kind": "rank", "top": 10**9}}},
        {"id": "a", "subscribe": {"topic": "particles", "particles": ["a"] * 1_001}},
        "[" * 60_000,
    ]
    for message, answer in zip(wrong, said(client, *wrong), strict=True):
        assert answer["problem"]["code"] == "parameter", message
        assert answer["problem"]["status"] == 400
    (unknown,) = said(client, {"unsubscribe": "nothing"})
    assert unknown["problem"]["code"] == "not-there"
    assert said(client, {"ping": "so"}) == [{"pong": "so"}]


def test_a_subscription_that_fails_says_why_and_frees_its_id(client: Client) -> None:
    with client.websocket_connect("/v1/live") as live:
        query = {"topic": "query", "query": {"kind": "particle", "particle": "omega"}}
        for wanted, code in ((query, "unknown-name"), ({"topic": "blocks"}, "not-there")):
            live.send_json({"id": "a", "subscribe": wanted})
            assert live.receive_json() == {"id": "a", "subscribed": True}
            failed = live.receive_json()
            assert (failed["id"], failed["problem"]["code"]) == ("a", code)


def test_subscriptions_of_one_socket_are_few_and_named_once(letters: Path) -> None:
    from focusmesh.host.service import Service

    rank = {"topic": "query", "query": {"kind": "rank"}}
    with (
        served(Service.open(letters), limits__subscriptions=2) as client,
        client.websocket_connect("/v1/live") as live,
    ):
        for name in "ab":
            live.send_json({"id": name, "subscribe": rank})
            assert live.receive_json() == {"id": name, "subscribed": True}
            assert live.receive_json()["event"]["answer"]["items"][0]["particle"] == "alpha"
        for name in "ac":
            live.send_json({"id": name, "subscribe": rank})
            assert live.receive_json()["problem"]["code"] == "parameter"
        live.send_json({"unsubscribe": "a"})
        assert live.receive_json() == {"id": "a", "ended": True}
        live.send_json({"id": "c", "subscribe": rank})
        assert live.receive_json() == {"id": "c", "subscribed": True}


def test_a_silent_server_says_that_it_is_alive(letters: Path) -> None:
    from focusmesh.host.service import Service

    with (
        served(Service.open(letters), limits__alive_seconds=0.05) as client,
        client.websocket_connect("/v1/live") as live,
    ):
        assert live.receive_json() == {"alive": True}
        assert live.receive_json() == {"alive": True}


def test_a_plain_request_is_told_to_open_a_socket(client: Client) -> None:
    answer = client.get("/v1/live")
    assert (answer.status_code, answer.json()["code"]) == (426, "upgrade")


def test_blocks_particles_and_answers_are_told_as_they_come(ledger: Path, bob: SigningKey) -> None:
    from tests.interface.server.process.test_processes import asked

    with serving(str(ledger), "--node", "--workers", "2") as (url, process):

        async def body() -> None:
            async with opened(url, subprotocols=["focusmesh.v1"]) as live:
                assert live.connection.subprotocol == "focusmesh.v1"
                await live.subscribed("blocks", topic="blocks")
                await live.subscribed("b", topic="particles", particles=["b"])
                first = await live.hear()
                assert first["event"]["items"][0]["score"] is None
                status, _ = await asyncio.to_thread(
                    asked, f"{url}/v1/signals?wait=30", packet(ledger, bob, 0, "b")
                )
                assert status == 200
                heard: dict[str, Any] = {}
                while heard.keys() != {"blocks", "b"}:
                    told = await live.hear()
                    heard[told["id"]] = told["event"]
                assert heard["blocks"]["block"]["height"] == heard["b"]["height"] == 1
                assert heard["blocks"]["root"] == heard["b"]["root"]
                assert heard["b"]["items"][0]["rank"] is not None
                process.send_signal(signal.SIGTERM)
                with pytest.raises(ConnectionClosed) as closed:
                    await live.hear()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1001

        ran(body)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


def test_ctrl_c_reaches_workers_too_and_they_wait_for_the_one_that_watches(letters: Path) -> None:
    with serving(str(letters)) as (url, process):

        async def body() -> None:
            async with opened(url) as live:
                os.kill(worker_of(process.pid), signal.SIGINT)
                assert await live.asked(ping=1) == {"pong": 1}
                process.send_signal(signal.SIGINT)
                with pytest.raises(ConnectionClosed) as closed:
                    await live.hear()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1001

        ran(body)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


def test_foreign_pages_and_other_names_open_nothing(letters: Path) -> None:
    with serving(str(letters)) as (url, _):

        async def refused(status: int, code: str, **options: Any) -> None:
            with pytest.raises(InvalidStatus) as answer:
                async with opened(url, **options):
                    pass
            response = answer.value.response
            assert (response.status_code, json.loads(response.body or b"")["code"]) == (
                status,
                code,
            )

        async def body() -> None:
            await refused(403, "origin", origin="https://evil.example")
            await refused(403, "origin", origin="null")
            await refused(403, "origin", origin="http://127.0.0.1:1")
            async with opened(url, origin=url) as live:
                assert await live.asked(ping=1) == {"pong": 1}
            evil = url.replace("127.0.0.1", "evil.example")
            where = urlsplit(url)
            await refused(421, "host", additional_headers={"Host": urlsplit(evil).netloc})
            from websockets.asyncio.client import connect

            with pytest.raises(InvalidStatus) as answer:
                async with connect(f"ws://{where.netloc}/v1/rank"):
                    pass
            assert answer.value.response.status_code == 404

        ran(body)


def test_keys_are_sent_as_headers_or_said_first(
    letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_api_key(tmp_path / "keys.txt", "laptop", may_write=False)
    monkeypatch.setenv("FOCUSMESH_ACCESS_KEYS", str(tmp_path / "keys.txt"))
    monkeypatch.setenv("FOCUSMESH_LIMITS_HEADER_SECONDS", "1")
    with serving(str(letters)) as (url, _):

        async def closed_for(*messages: dict[str, Any]) -> str:
            async with opened(url) as live:
                for message in messages:
                    await live.say(**message)
                with pytest.raises(ConnectionClosed) as closed:
                    await live.hear()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1008
                return closed.value.rcvd.reason

        async def body() -> None:
            async with opened(url, additional_headers={"Authorization": f"Bearer {key}"}) as live:
                assert await live.asked(ping=1) == {"pong": 1}
            async with opened(url) as live:
                assert await live.asked(authorize=key) == {"authorized": "laptop"}
                assert await live.asked(ping=1) == {"pong": 1}
            with pytest.raises(InvalidStatus) as answer:
                async with opened(url, additional_headers={"Authorization": "Bearer fm_no"}):
                    pass
            assert answer.value.response.status_code == 401
            assert "authorize first" in await closed_for({"ping": 1})
            assert "authorize first" in await closed_for()
            assert "nobody" in await closed_for({"authorize": "fm_no"})

        ran(body)


def test_clients_that_break_the_rules_are_left(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_LIMITS_MESSAGE_BYTES", "100")
    monkeypatch.setenv("FOCUSMESH_LIMITS_REQUESTS_PER_SECOND", "0.001")
    monkeypatch.setenv("FOCUSMESH_LIMITS_BURST", "20")
    monkeypatch.setenv("FOCUSMESH_LIMITS_SOCKETS", "3")
    with serving(str(letters)) as (url, _):
        where = ("127.0.0.1", int(urlsplit(url).port or 0))

        async def closing(message: str | bytes, count: int = 1) -> int:
            async def go_on() -> None:
                for _ in range(count):
                    await live.connection.send(message)
                while True:
                    await live.hear()

            async with opened(url) as live:
                with pytest.raises(ConnectionClosed) as closed:
                    await go_on()
                assert closed.value.rcvd is not None
                return closed.value.rcvd.code

        async def body() -> None:
            assert await closing(b"binary") == 1003
            assert await closing("x" * 101) == 1009
            for frames in (b"\xff" * 40, b"\x81\x05hello", b"\x09\x80" + bytes(4)):
                with socket.create_connection(where, timeout=SECONDS) as raw:
                    raw.sendall(HANDSHAKE.encode())
                    assert raw.recv(1_000).startswith(b"HTTP/1.1 101")
                    raw.sendall(frames)
                    answer = raw.recv(1_000)
                    assert not answer or answer[0] == CLOSE, answer
            async with opened(url), opened(url), opened(url):
                with pytest.raises(InvalidStatus) as full:
                    async with opened(url):
                        pass
                assert full.value.response.status_code == 503
            assert await closing('{"ping": 1}', 21) == 1008

        ran(body)


def test_a_client_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    """It costs what the operating system buffers, and its subscriptions go on once it reads again."""
    path = tmp_path / "g.focusmesh"
    names = [f"a particle with a long name, number {number}, " * 20 for number in range(300)]

    def edited(step: int) -> None:
        targets = [*names[1:], names[step]]
        focusmesh.Graph.from_edges(names, targets).save(path)

    edited(1)
    wanted = {"topic": "query", "query": {"kind": "rank", "top": 300}}
    with (
        serving(str(path)) as (url, _),
        socket.create_connection(
            ("127.0.0.1", int(urlsplit(url).port or 0)), timeout=SECONDS
        ) as slow,
    ):
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        slow.sendall(HANDSHAKE.encode())
        for number in range(16):
            text = json.dumps({"id": f"slow {number}", "subscribe": wanted}).encode()
            assert len(text) < 126
            masked = bytes((0x81, 0x80 | len(text))) + bytes(4) + text
            slow.sendall(masked)

        async def body() -> None:
            async with opened(url, max_size=None) as live:
                await live.subscribed("fast", **wanted)
                await live.hear()
                for step in range(2, 12):
                    edited(step)
                    assert (await live.hear())["event"]["skipped"] == 0
            with urlopen(f"{url}/v1/rank", timeout=SECONDS) as answer:
                assert answer.status == 200

        ran(body)
        # What it was not told is counted in what it is told now.
        skipped = 0
        heard = b""
        while not skipped:
            heard += slow.recv(1 << 16)
            counts = [int(count) for count in re.findall(rb'"skipped":(\d+),', heard)]
            skipped = max(counts, default=0)
        assert 0 < skipped < 11


def test_a_client_that_vanishes_leaves_nothing_behind(letters: Path) -> None:
    with serving(str(letters)) as (url, _):

        async def body() -> None:
            for _ in range(20):
                async with opened(url) as live:
                    await live.say(id="a", subscribe={"topic": "query", "query": {"kind": "rank"}})
                    live.connection.transport.abort()
            until = time.monotonic() + SECONDS
            while True:
                with urlopen(f"{url}/metrics", timeout=SECONDS) as answer:
                    told = answer.read().decode()
                if "focusmesh_live_sockets 0" in told and "focusmesh_live_subscriptions 0" in told:
                    return
                assert time.monotonic() < until, told
                await asyncio.sleep(0.05)

        ran(body)
