"""What one worker says, all hear: one body over the fan-out of a process and the one through a Redis server."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import GridError
from focusmesh.host.persistence import open_fanout
from tests.host.persistence.servers import (
    PASSWORD,
    SECONDS,
    RedisServer,
    free_port,
    start_again,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.host.persistence import Fanout

OTHER = """
import sys
from queue import SimpleQueue
from focusmesh.host.persistence import open_fanout
fanout, heard = open_fanout(sys.argv[1]), SimpleQueue()
fanout.subscribe("ask", heard.put)
fanout.publish("answer", b"listening")
fanout.publish("answer", b"heard " + heard.get(timeout=30))
fanout.close()
"""


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOCUSMESH_GRID_FANOUT_PASSWORD", PASSWORD)


@pytest.fixture(params=["local", "redis"])
def fanout(request: pytest.FixtureRequest) -> Iterator[Fanout]:
    address = "" if request.param == "local" else request.getfixturevalue("redis_server").address
    with closing(open_fanout(address)) as opened:
        yield opened
    opened.close()


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self._all: SimpleQueue[bytes | None] = SimpleQueue()

    def __call__(self, message: bytes | None) -> None:
        self._all.put(message)

    def next(self) -> bytes | None:
        return self._all.get(timeout=SECONDS)

    def nothing(self) -> bool:
        try:
            self._all.get(timeout=0.1)
        except Empty:
            return True
        return False


def test_all_who_listen_hear_all_in_order(fanout: Fanout) -> None:
    first, second, other = Heard(), Heard(), Heard()
    fanout.publish("a", b"before anybody listens")
    fanout.subscribe("a", first)
    fanout.subscribe("a", second)
    fanout.subscribe("b", other)
    messages = [b"%d\0\xff" % number for number in range(50)]
    for message in messages:
        fanout.publish("a", message)
    fanout.publish("b", b"of b")
    for heard in (first, second):
        assert [heard.next() for _ in messages] == messages
    assert other.next() == b"of b"
    assert all(heard.nothing() for heard in (first, other))


def test_who_stops_listening_hears_no_more(fanout: Fanout) -> None:
    stays, goes = Heard(), Heard()
    fanout.subscribe("a", stays)
    listening = fanout.subscribe("a", goes)
    fanout.publish("a", b"one")
    assert goes.next() == b"one"
    listening.close()
    listening.close()
    fanout.publish("a", b"two")
    assert [stays.next(), stays.next()] == [b"one", b"two"]
    assert goes.nothing()


def test_a_listener_that_fails_disturbs_nobody(fanout: Fanout) -> None:
    heard = Heard()

    def fails(message: bytes | None) -> None:
        raise ValueError("of no concern")

    fanout.subscribe("a", fails)
    fanout.subscribe("a", heard)
    for message in (b"one", b"two"):
        fanout.publish("a", message)
    assert [heard.next(), heard.next()] == [b"one", b"two"]


def test_another_process_hears_and_is_heard(redis_server: RedisServer) -> None:
    heard = Heard()
    with closing(open_fanout(redis_server.address)) as fanout:
        fanout.subscribe("answer", heard)
        command = [sys.executable, "-c", OTHER, redis_server.address]
        with subprocess.Popen(command) as process:
            assert heard.next() == b"listening"
            fanout.publish("ask", b"you?")
            assert heard.next() == b"heard you?"
            assert process.wait(SECONDS) == 0


def test_who_was_cut_off_is_told_that_messages_may_be_missing(redis_server: RedisServer) -> None:
    heard = Heard()
    with closing(open_fanout(redis_server.address)) as fanout:
        fanout.subscribe("a", heard)
        fanout.publish("a", b"one")
        assert heard.next() == b"one"
        redis_server.stop(signal.SIGKILL)
        with pytest.raises(GridError) as raised:
            fanout.publish("a", b"to nobody")
        assert raised.value.code == "server"
        start_again(redis_server)
        assert heard.next() is None
        fanout.publish("a", b"two")
        assert heard.next() == b"two"


def test_a_reader_that_is_cut_off_by_the_server_goes_on(redis_server: RedisServer) -> None:
    import redis

    heard = Heard()
    with closing(open_fanout(redis_server.address)) as fanout:
        fanout.subscribe("a", heard)
        with closing(redis.Redis(port=redis_server.port, password=PASSWORD)) as client:
            client.client_kill_filter(_type="pubsub")
        assert heard.next() is None
        fanout.publish("a", b"two")
        assert heard.next() == b"two"


def test_who_has_the_wrong_password_is_not_let_in(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wrong in ("another", ""):
        monkeypatch.setenv("FOCUSMESH_GRID_FANOUT_PASSWORD", wrong)
        with pytest.raises(GridError) as raised:
            open_fanout(redis_server.address)
        assert raised.value.code == "password"
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    open_fanout(redis_server.address, password_file=file).close()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("redis://127.0.0.1:{port}", "server"),
        ("rediss://127.0.0.1:{port}", "server"),
        (f"redis://:{PASSWORD.replace(' ', '')}@127.0.0.1:{{port}}", "address"),
        ("redis://127.0.0.1:{port}/name", "address"),
        ("redis://127.0.0.1:{port}?password=x", "address"),
        ("amqp://127.0.0.1:{port}", "address"),
    ],
)
def test_what_is_not_there_is_refused(needs_redis: None, address: str, code: str) -> None:
    begun = time.monotonic()
    with pytest.raises(GridError) as raised:
        open_fanout(address.format(port=free_port()))
    assert (raised.value.code, PASSWORD.replace(" ", "") in str(raised.value)) == (code, False)
    assert time.monotonic() - begun < SECONDS


@pytest.fixture
def needs_redis() -> None:
    pytest.importorskip("redis", reason="packages missing: redis")
