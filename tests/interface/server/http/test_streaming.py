"""Whole graphs and long answers, a line at a time: complete, of one moment, and ended when nobody reads them."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import focusmesh
from focusmesh.engine.support.progress import Step
from focusmesh.host.service import Moment, Service
from focusmesh.host.settings import Settings
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.shared.metrics import Metrics
from tests.host.nodes import SECONDS
from tests.interface.server.conftest import served
from tests.interface.server.http.workers import resident_bytes, worker_of
from tests.interface.server.process.test_processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from pathlib import Path

    from tests.interface.server.conftest import Client

LINES = {"Accept": "application/x-ndjson"}


def lines(text: str) -> list[Any]:
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def exported(client: Client, what: str, **query: Any) -> tuple[dict[str, str], list[Any]]:
    answer = client.get(f"/v1/export/{what}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    found = lines(answer.text)
    assert int(answer.headers["focusmesh-rows"]) == len(found)
    return dict(answer.headers), found


def paged(client: Client, path: str, size: str = "limit") -> list[Any]:
    items: list[Any] = []
    query: dict[str, Any] = {size: 1_000}
    while True:
        page = client.get(path, params=query).json()
        items += page["items"]
        if page["cursor"] is None:
            return items
        query["cursor"] = page["cursor"]


def test_an_export_has_what_the_pages_have(client: Client, letters: Path) -> None:
    headers, found = exported(client, "links")
    assert found == paged(client, "/v1/links")
    assert headers["etag"] == f'"{focusmesh.Graph.open(letters).root}"'
    _, particles = exported(client, "particles")
    ranks = {item["particle"]: item for item in paged(client, "/v1/rank", "top")}
    assert [one["particle"] for one in particles] == paged(client, "/v1/particles")
    for one in particles:
        item = ranks[one["particle"]]
        assert (one["score"], one["rank"]) == (item["score"], item["rank"])
    assert {one["text"] for one in particles} == {
        "",
        "the first letter of all",
        "the third letter",
    }
    known = client.get("/v1/export/links", headers={"If-None-Match": headers["etag"]})
    assert known.status_code == 304


def test_many_rows_come_in_parts(tmp_path: Path) -> None:
    for labelled in (False, True):
        relation = ["a", "b"] * 1_750 if labelled else None
        sources = [number % 70 for number in range(3_500)]
        targets = [70 + number // 70 for number in range(3_500)]
        graph = focusmesh.Graph.from_edges(sources, targets, relation=relation)
        graph.save(tmp_path / "g.focusmesh")
        with served(Service.open(tmp_path / "g.focusmesh")) as client:
            _, found = exported(client, "links")
            assert len(found) == 3_500
            assert found == paged(client, "/v1/links")
            assert len(exported(client, "particles")[1]) == 120


def test_an_empty_ledger_is_exported_too(ledger: Path) -> None:
    with served(Service.open(ledger)) as client:
        for what in ("links", "particles"):
            headers, found = exported(client, what)
            assert (found, headers["focusmesh-height"]) == ([], "0")


def test_a_height_is_exported_as_it_was(ledger_client: Client) -> None:
    headers, first = exported(ledger_client, "links", at=1)
    assert headers["focusmesh-height"] == "1"
    assert {(row["source"], row["target"]) for row in first} == {("a", "b"), ("b", "c"), ("c", "a")}
    assert len(exported(ledger_client, "links")[1]) == 4
    (named,) = (one for one in exported(ledger_client, "particles")[1] if one["particle"] == "d")
    assert named["cid"].startswith("b")
    assert ledger_client.get("/v1/export/links", params={"at": 9}).status_code == 404


def test_long_answers_say_how_far_they_are(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = client.get("/v1/context", params={"seed": "beta"}).json()
    for query, last in (
        ({"seed": "beta"}, {"kind": "answer", "answer": plain}),
        ({"seed": "omega"}, "unknown-name"),
    ):
        answer = client.get("/v1/context", params=query, headers=LINES)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        (told,) = lines(answer.text)
        assert told == last or told["problem"]["code"] == last
    recalled = client.get("/v1/recall", params={"question": "letter"}, headers=LINES)
    assert lines(recalled.text)[-1]["answer"]["items"]
    inner = Moment.context

    def slowly(*arguments: Any, progress: Any = None, **options: Any) -> Any:
        for done in range(3):
            progress(Step("context", done, 3, "visits"))
            time.sleep(0.4)
        return inner(*arguments, progress=progress, **options)

    monkeypatch.setattr(Moment, "context", slowly)
    *steps, told = lines(client.get("/v1/context", params={"seed": "beta"}, headers=LINES).text)
    assert told["kind"] == "answer"
    assert steps
    assert steps[0] == {
        "kind": "progress",
        "what": "context",
        "done": 0,
        "total": 3,
        "unit": "visits",
    }


def test_an_answer_that_is_followed_has_more_time_and_not_for_ever(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: Any, progress: Any = None, **__: Any) -> Any:
        while True:
            progress(Step("context", 0, None, "visits"))
            time.sleep(0.01)

    monkeypatch.setattr(Moment, "context", endless)
    with served(
        Service.open(letters), limits__answer_seconds=0.2, limits__progress_seconds=0.8
    ) as client:
        assert client.get("/v1/context", params={"seed": "beta"}).json()["code"] == "time-limit"
        *steps, last = lines(client.get("/v1/context", params={"seed": "beta"}, headers=LINES).text)
        assert steps
        assert last["problem"]["code"] == "time-limit"
        assert "0.8 s" in last["problem"]["detail"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph whose links are tens of megabytes as lines."""
    path = tmp_path_factory.mktemp("large") / "large.focusmesh"
    names = [f"particle {number} {'x' * 200}" for number in range(400)]
    sources = [name for name in names for _ in range(200)]
    targets = [names[(row * 7 + row // 200) % 400] for row in range(len(sources))]
    focusmesh.Graph.from_edges(sources, targets).save(path)
    return path


def test_slow_and_vanishing_readers_take_no_memory_and_leave_their_place(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_LIMITS_EXPORTS", "3")
    monkeypatch.setenv("FOCUSMESH_LIMITS_SEND_SECONDS", "2")
    with serving(str(large)) as (url, process), ExitStack() as opened:

        def asked(path: str) -> HTTPResponse:
            port = int(urlsplit(url).port or 0)
            connection = opened.enter_context(
                closing(HTTPConnection("127.0.0.1", port, timeout=SECONDS))
            )
            connection.request("GET", path)
            return opened.enter_context(connection.getresponse())

        worker = worker_of(process.pid)
        whole = asked("/v1/export/links")
        wanted, size = int(whole.headers["Focusmesh-Rows"]), len(whole.read())
        assert size > 30_000_000
        before = resident_bytes(worker)
        slow = [asked("/v1/export/links") for _ in range(2)]
        vanished = socket.create_connection(("127.0.0.1", int(urlsplit(url).port or 0)))
        vanished.sendall(b"GET /v1/export/links HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert vanished.recv(12) == b"HTTP/1.1 200"
        assert {answer.status for answer in slow} == {200}
        assert asked("/v1/rank").status == 200  # others are answered meanwhile
        assert resident_bytes(worker) - before < size / 2
        full = asked("/v1/export/links")
        assert (full.status, json.load(full)["code"]) == (503, "unavailable")
        # One vanishes, the others are left after two seconds: their places are free again.
        vanished.close()
        until = time.monotonic() + SECONDS
        while b"requests_in_flight 1\n" not in asked("/metrics").read():
            assert time.monotonic() < until
            time.sleep(0.1)
        again = [asked("/v1/export/links") for _ in range(3)]
        # Read at once: who waits for its turn on a busy machine would be left too.
        with ThreadPoolExecutor(3) as readers:
            counts = readers.map(lambda answer: len(answer.read().splitlines()), again)
            assert set(counts) == {wanted}
        for answer in slow:
            with pytest.raises((IncompleteRead, ConnectionError)):
                answer.read()


def test_work_ends_when_nobody_follows_it(letters: Path) -> None:
    import asyncio

    from focusmesh.host.service import Deadline
    from focusmesh.interface.server.shared.streaming import follow_work

    ended = threading.Event()

    async def ask() -> None:
        server = Server(Service.open(letters), Settings(), Metrics([], None), None)
        deadline = Deadline(600.0)

        def work() -> Any:
            try:
                while True:
                    deadline(Step("work", 0, None, "steps"))
                    time.sleep(0.005)
            finally:
                ended.set()

        told = follow_work(lambda: server.work(None, work, deadline), deadline, "/")
        assert b'"kind":"progress"' in await anext(told)
        await told.aclose()
        await server.stop()

    asyncio.run(ask())
    assert ended.wait(SECONDS)


def test_an_export_during_heavy_writes_is_of_one_root(told: Path) -> None:
    """Blocks come while it is read; what was read is the graph of the root that it names, and no other."""
    with served(Service.open(told)) as client:

        def write() -> None:
            with focusmesh.open(told) as graph:
                for number in range(40):
                    graph.link("a", f"new {number}")

        writer = threading.Thread(target=write)
        writer.start()
        seen: dict[int, Any] = {}
        try:
            while not seen or max(seen) < 42:
                headers, found = exported(client, "links")
                seen[int(headers["focusmesh-height"])] = (headers["etag"], found)
        finally:
            writer.join()
        assert len(seen) >= 2
        for height, (tag, found) in seen.items():
            headers, again = exported(client, "links", at=height)
            assert (headers["etag"], again) == (tag, found)
            assert len(found) == 4 + max(0, height - 2)


def test_rows_are_made_no_faster_than_they_are_sent() -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from focusmesh.interface.server.shared.streaming import rows

    made: list[int] = []

    def parts() -> Iterator[list[Any]]:
        for number in range(100):
            made.append(number)
            yield [number]

    async def read() -> None:
        with ThreadPoolExecutor(1) as thread:
            lines_of = rows(parts(), thread)
            assert [await anext(lines_of) for _ in range(3)] == [b"0\n", b"1\n", b"2\n"]
            await asyncio.sleep(0.05)
            assert made == [0, 1, 2]
            await lines_of.aclose()

    asyncio.run(read())
