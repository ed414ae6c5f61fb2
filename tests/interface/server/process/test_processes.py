"""The real server: its processes, its node, signals on their way, and an end that loses nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

import focusmesh
from focusmesh.errors import FileError, ParameterError
from focusmesh.host.settings import Settings
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.interface.server.process import wait_for
from focusmesh.interface.server.process.workers import free_port, verify_access
from focusmesh.interface.server.shared import admit_neuron
from focusmesh.interface.server.signatures import RequestSigner
from focusmesh.kernel.session import Signer, link_step
from tests.host.nodes import SECONDS
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

PACKET = {"Content-Type": "application/octet-stream"}


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in processes of its own, up: where it is, and the process that watches."""
    port = free_port("127.0.0.1", 0)
    command = [*PROGRAM, "serve", *arguments, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, SECONDS)
        yield url, process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=SECONDS)
        except (subprocess.TimeoutExpired, ValueError):
            process.kill()


def asked(url: str, body: bytes | None = None) -> tuple[int, Any]:
    request = Request(url, body, PACKET if body is not None else {})
    try:
        with urlopen(request, timeout=SECONDS) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def packet(ledger: Path, key: SigningKey, nonce: int, target: str, amount: int = 1) -> bytes:
    shared = OpenedChain.of(Folder(ledger))
    chain = shared.reading()
    signer = Signer(key, chain.network, chain.parameters)
    (batch,) = signer.batches([link_step("a", target, None, amount)], lambda _: False)
    (made,) = signer.packets([batch], nonce, chain.height)
    shared.release()
    return made.encode()


def test_workers_share_a_graph_and_end_in_order(tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,c\nc,a\na,c\n", encoding="utf-8")
    with serving(str(edges), "--workers", "2") as (url, process):
        rooted = {asked(f"{url}/v1/rank")[1]["root"] for _ in range(8)}
        assert rooted == {focusmesh.Graph.read(edges).root}
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=SECONDS)) as kept:
            for path in ("/", "/health", "/v1/rank", "/v1/export/links", "/v1/signals"):
                lengths = []
                for method in ("GET", "HEAD"):
                    kept.request(method, path)
                    answer = kept.getresponse()
                    lengths.append((answer.status, answer.headers["Content-Length"]))
                    assert bool(answer.read()) == (method == "GET")
                assert lengths[0] == lengths[1], path
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told
    assert told.splitlines() == [f"serving {edges}, 3 particles, at {url}", "ended"]


def test_workers_end_with_the_process_that_watches_them(tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,a\n", encoding="utf-8")
    with serving(str(edges), "--workers", "2") as (url, process):
        process.kill()
        # Ends when nobody holds its output any more, and so after the workers.
        process.communicate(timeout=SECONDS)
        port = int(url.rpartition(":")[2])
        assert free_port("127.0.0.1", port) == port
        with pytest.raises(URLError):
            urlopen(f"{url}/health/live", timeout=SECONDS)


def test_a_signal_is_taken_once_however_often_it_is_posted(ledger: Path, bob: SigningKey) -> None:
    with serving(str(ledger), "--node", "--receipts-key", "alice") as (url, process):
        first = packet(ledger, bob, 0, "b")
        status, placed = asked(f"{url}/v1/signals?wait=30", first)
        assert (status, placed["code"], placed["height"]) == (200, "ok", 1), placed
        for _ in range(2):
            assert asked(f"{url}/v1/signals?wait=30", first)[1]["height"] == 1
        assert asked(f"{url}/v1/signals/{placed['id']}")[1]["operations"][-1] == "link/1"
        assert asked(f"{url}/v1/rank?at=1")[1]["particles"] == 2
        too_much = packet(ledger, bob, 1, "c", 10**7)
        status, failed = asked(f"{url}/v1/signals?wait=30", too_much)
        assert (status, failed["code"]) == (200, "stake"), failed
        assert "of the stake are free" in failed["message"]
        used = packet(ledger, bob, 0, "d")
        status, refused = asked(f"{url}/v1/signals?wait=30", used)
        assert (status, refused["code"]) == (409, "nonce"), refused
        assert asked(f"{url}/v1/signals", b"no packet")[1]["code"] == "malformed"
        receipt = asked(f"{url}/v1/receipts/rank?top=1")[1]
        assert receipt["height"] >= 1
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told


def test_what_was_answered_is_in_the_ledger_whenever_the_server_ends(
    ledger: Path, bob: SigningKey
) -> None:
    placed: list[dict[str, Any]] = []
    with serving(str(ledger), "--node") as (url, process):

        def send() -> None:
            for nonce in range(10_000):
                try:
                    status, answer = asked(
                        f"{url}/v1/signals?wait=30", packet(ledger, bob, nonce, f"p{nonce}")
                    )
                except OSError:
                    return
                if status != 200:
                    return
                placed.append(answer)

        sender = threading.Thread(target=send)
        sender.start()
        while len(placed) < 5:
            sender.join(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
        sender.join(SECONDS)
    graph = focusmesh.open(ledger)
    there = {str(name) for name in graph.particles}
    graph.close()
    assert {f"p{number}" for number in range(len(placed))} <= there
    assert process.returncode == 0


def test_what_cannot_be_served_is_said_before_anything_listens(tmp_path: Path) -> None:
    for arguments, code in (
        ([str(tmp_path / "nothing.csv")], 4),
        ([str(tmp_path / "nothing.csv"), "--host", "0.0.0.0"], 2),
        ([], 2),
    ):
        done = subprocess.run(
            [*PROGRAM, "serve", *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


def test_access_from_elsewhere_takes_a_decision() -> None:
    for said in ({"access.keys": "keys.txt"}, {"access.anyone": True}):
        verify_access(Settings.read(None, {}, {"serve.host": "0.0.0.0", **said}))
    with pytest.raises(ParameterError, match="others reach"):
        verify_access(Settings.read(None, {}, {"serve.host": "0.0.0.0"}))


def test_a_port_that_is_taken_is_named() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FileError, match=f"port {port}"):
            free_port("127.0.0.1", port)


def test_workers_take_a_signed_request_once_together(tmp_path: Path, alice: SigningKey) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,a\n", encoding="utf-8")
    keys = tmp_path / "api-keys"
    admit_neuron(keys, "alice", alice.public.hex(), may_write=False)
    with serving(str(edges), "--workers", "2", "--api-keys", str(keys)) as (url, _):
        where = f"{url}/v1/rank?particle=a"
        signer = RequestSigner(alice)
        for _ in range(3):
            headers = signer.headers("GET", where)
            found = [_status(where, headers) for _ in range(8)]
            assert sorted(found) == [200] + [401] * 7
        body = b'{"query":"{rank{bound}}"}'
        headers = signer.headers("POST", f"{url}/v1/graphql", body)
        headers["Content-Type"] = "application/json"
        assert _status(f"{url}/v1/graphql", headers, body[:-1] + b" ") == 401
        headers |= signer.headers("POST", f"{url}/v1/graphql", body)
        assert _status(f"{url}/v1/graphql", headers, body) == 200


def _status(url: str, headers: dict[str, str], body: bytes | None = None) -> int:
    try:
        # A connection of its own each time: the workers take turns.
        with urlopen(Request(url, body, headers), timeout=SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
