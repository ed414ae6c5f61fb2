"""Clients that are slow, idle, large, malformed or gone harm nobody else, and are told nothing about this machine."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from contextlib import ExitStack, suppress
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from focusmesh.host.service import Deadline, Service, TimeLimitError, UnavailableError
from focusmesh.host.settings import Settings
from focusmesh.interface.server.http.routes_operation import health_of
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.shared import RefusedError
from focusmesh.interface.server.shared.access import in_time
from focusmesh.interface.server.shared.metrics import Metrics
from tests.interface.server.conftest import served
from tests.interface.server.process.test_processes import serving

if TYPE_CHECKING:
    from pathlib import Path

IDLE = 1_000
MALFORMED = {
    b"\x00\x01\x02\r\n\r\n": b"400",
    b"GET / HTTP/9.9\r\n\r\n": b"400",
    b"GET /v1/rank?particle=\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n": b"400",
    b"GET /v1/rank?particle=%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n": b"404",
    b"GET /v1/rank HTTP/1.1\r\n\r\n": b"421",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n": b"414",
    b"GET /v1/content?particle=../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n": b"404",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n": b"404",
    b"POST /v1/signals HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n": b"400",
    b"POST /v1/signals HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n": b"411",
    b"POST /v1/graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 9\r\n\r\n" + b"[" * 9: b"400",
}
"""What is sent, and the status that it is answered with."""
TOLD_NOBODY = (b"Traceback", b"site-packages", b'.py"', b'File "')
"""What no answer may have in it; nor the path of what is served."""


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(urlsplit(url).port or 0)), timeout=30)


def said(sent: bytes, url: str) -> bytes:
    """What is answered, until nothing more comes for a while."""
    with connected(url) as client, suppress(TimeoutError):
        client.sendall(sent)
        found = client.recv(65_536)
        client.settimeout(0.1)
        while part := client.recv(65_536):
            found += part
    return found


def test_bad_clients_keep_nobody_from_being_answered(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_LIMITS_HEADER_SECONDS", "1")
    monkeypatch.setenv("FOCUSMESH_LIMITS_BODY_SECONDS", "1")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most[1], most[1]))
    try:
        with serving(str(letters)) as (url, process), ExitStack() as held:
            for _ in range(IDLE):
                held.enter_context(connected(url))
            with urlopen(f"{url}/v1/rank", timeout=30) as answer:
                assert answer.status == 200
            with connected(url) as slow:
                slow.sendall(b"GET /v1/rank HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                assert slow.recv(1_000) == b""  # after a second it is closed
            with connected(url) as slow:
                packet = b"Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\n"
                slow.sendall(b"POST /v1/signals HTTP/1.1\r\nHost: localhost\r\n" + packet + b"x")
                assert slow.recv(1_000).split(b" ", 2)[1] in (b"404", b"408")
            answers = []
            for sent, status in MALFORMED.items():
                answers.append(said(sent, url))
                assert answers[-1].split(b" ", 2)[1] == status, (sent[:60], answers[-1])
            with connected(url) as gone:
                gone.sendall(b"GET /v1/export/links HTTP/1.1\r\nHost: localhost\r\n\r\n")
                gone.recv(10)
            with urlopen(f"{url}/health", timeout=30) as answer:
                assert answer.status == 200
            hidden = (*TOLD_NOBODY, str(letters.parent).encode())
            assert not [words for words in hidden for found in answers if words in found]
            process.terminate()
            _, log = process.communicate(timeout=60)
            assert "Traceback" not in log
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)


def test_a_body_that_does_not_come_is_not_waited_for(told: Path) -> None:
    async def never() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x", "more_body": await asyncio.sleep(60, True)}

    async def at_last() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x"}

    async def ask() -> None:
        with pytest.raises(RefusedError, match=r"arrive within 0\.01 s"):
            await in_time(never, 0.01)()
        received = in_time(at_last, 60)
        for _ in range(2):
            assert (await received())["body"] == b"x"

    asyncio.run(ask())


def test_a_body_that_breaks_off_is_nobodys_bug(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOCUSMESH_SERVE_CHUNKED", "true")
    head = b"POST /v1/signals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
    with serving(str(told)) as (url, _):
        answer = said(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", url)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b'"broken-off"' in answer
        with connected(url) as gone:
            gone.sendall(head + b"Content-Length: 100\r\n\r\nabc")
        with urlopen(f"{url}/metrics", timeout=30) as metrics:
            assert b'status="5xx"' not in metrics.read()


def test_a_giant_body_is_not_read(told: Path) -> None:
    with served(Service.open(told), limits__body_bytes=1_000) as client:
        packet = {"Content-Type": "application/octet-stream"}
        answer = client.post("/v1/signals", content=bytes(100_000), headers=packet)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_work_ends_when_nobody_waits_for_it(letters: Path) -> None:
    ended: list[str] = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def nothing() -> bytes:
        return b""

    async def ask() -> None:
        server = Server(Service.open(letters), Settings(), Metrics([], None), None)
        deadline = Deadline(600.0)

        def work() -> None:
            try:
                while True:
                    deadline(None)  # type: ignore[arg-type]
                    time.sleep(0.005)
            finally:
                ended.append("work")

        request: Any = SimpleNamespace(receive=gone, body=nothing)
        with pytest.raises(TimeLimitError):
            await server.work(request, work, deadline)
        await server.stop()

    asyncio.run(ask())
    for _ in range(1_000):
        if ended:
            break
        time.sleep(0.01)
    assert ended == ["work"]


def test_how_the_server_is_can_be_seen_however_busy_it_is(letters: Path) -> None:
    let_go = Event()

    async def ask() -> str:
        settings = Settings.read(None, {}, {"limits.waiting": 1, "serve.threads": 1})
        server = Server(Service.open(letters), settings, Metrics([], None), None)
        await server.start()
        busy = asyncio.create_task(server.work(None, lambda: let_go.wait(30)))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await server.work(None, str)
        server._maker.submit(let_go.wait, 30)
        health = await server.watch(lambda: health_of(server))
        let_go.set()
        await busy
        await server.stop()
        return f"{health.ok} {health.behind_seconds}"

    assert asyncio.run(ask()) == "True 0.0"


def test_work_whose_turn_does_not_come_before_the_end_is_told_so(letters: Path) -> None:
    let_go = Event()

    async def ask() -> None:
        settings = Settings.read(None, {}, {"serve.threads": 1})
        server = Server(Service.open(letters), settings, Metrics([], None), None)
        busy = asyncio.create_task(server.work(None, lambda: let_go.wait(30)))
        waiting = asyncio.create_task(server.work(None, str))
        await asyncio.sleep(0.01)
        await server.stop()
        with pytest.raises(UnavailableError, match="ending"):
            await waiting
        let_go.set()
        await busy

    asyncio.run(ask())
