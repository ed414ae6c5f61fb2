"""Clients that are slow, idle, large, malformed or gone harm nobody else, and are told nothing about this machine."""

from __future__ import annotations

import asyncio
import socket
import time
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from focusmesh.interface.http.answering import Server
from focusmesh.interface.http.metrics import Metrics
from focusmesh.interface.http.routes_operation import health_of
from focusmesh.interface.service import Deadline, Service, TimeLimitError, UnavailableError
from focusmesh.interface.settings import Settings
from tests.interface.http.conftest import served
from tests.interface.http.test_processes import serving

if TYPE_CHECKING:
    from pathlib import Path

IDLE = 500
MALFORMED = {
    b"\x00\x01\x02\r\n\r\n": b"400",
    b"GET / HTTP/9.9\r\n\r\n": b"400",
    b"GET /v1/rank?particle=\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n": b"400",
    b"GET /v1/rank?particle=%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n": b"404",
    b"GET /v1/rank HTTP/1.1\r\n\r\n": b"421",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n": b"414",
}


def test_bad_clients_keep_nobody_from_being_answered(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_LIMITS_HEADER_SECONDS", "1")
    with serving(str(letters)) as (url, _):
        where = ("127.0.0.1", int(urlsplit(url).port or 0))
        idle = [socket.create_connection(where) for _ in range(IDLE)]
        with urlopen(f"{url}/v1/rank", timeout=30) as answer:
            assert answer.status == 200
        with socket.create_connection(where, timeout=30) as slow:
            slow.sendall(b"GET /v1/rank HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            assert slow.recv(1_000) == b""  # after a second it is closed
        for sent, status in MALFORMED.items():
            with socket.create_connection(where, timeout=30) as other:
                other.sendall(sent)
                assert other.recv(1_000).split(b" ", 2)[1] == status, sent[:60]
        with urlopen(f"{url}/health", timeout=30) as answer:
            assert answer.status == 200
        for connection in idle:
            connection.close()


def test_a_giant_body_is_not_read(told: Path) -> None:
    with served(Service.open(told), limits__body_bytes=1_000) as client:
        packet = {"Content-Type": "application/octet-stream"}
        answer = client.post("/v1/signals", content=bytes(100_000), headers=packet)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_work_ends_when_nobody_waits_for_it(letters: Path) -> None:
    ended: list[str] = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

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

        request: Any = SimpleNamespace(receive=gone)
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
        health = await server.watched(lambda: health_of(server))
        let_go.set()
        await busy
        await server.stop()
        return f"{health.ok} {health.behind_seconds}"

    assert asyncio.run(ask()) == "True 0.0"
