"""How often, from where and how framed: the defaults that a server has without being told."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from litestar import Request

from focusmesh.errors import ParameterError
from focusmesh.host.service import Service, TooManyError
from focusmesh.host.settings import Settings
from focusmesh.interface.server.admission import Proxies, Rates, bucket_of, framing_fault
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.process.workers import verify_access
from focusmesh.interface.server.shared.metrics import Metrics
from tests.interface.server.conftest import served
from tests.interface.server.http.test_abuse import said
from tests.interface.server.process.test_processes import packet, serving

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

PACKET = {"Content-Type": "application/octet-stream"}
SLOW: dict[str, Any] = {"limits__requests_per_second": 0.01, "limits__burst": 2}
PEER = "127.0.0.1/32, 10.0.0.0/8, ::1"


def test_rates_are_on_by_default_and_can_be_turned_off() -> None:
    limits = Settings().limits
    assert limits.requests_per_second > 0 < limits.signals_per_second
    rates = Rates(limits.requests_per_second, limits.burst, clock=lambda: 0.0)
    admitted = sum(rates.admits("a") for _ in range(limits.burst + 5))
    assert admitted == limits.burst
    free = Rates(0.0, 1, clock=lambda: 0.0)
    assert all(free.admits("a") for _ in range(10_000))


def test_who_comes_too_fast_is_told_when_to_come_again() -> None:
    now = [0.0]
    rates = Rates(0.5, 1, clock=lambda: now[0])
    rates.verify("a")
    with pytest.raises(TooManyError) as told:
        rates.verify("a")
    assert told.value.retry_seconds == 2
    now[0] = 2.0
    rates.verify("a")


def test_a_stranger_who_changes_his_address_fills_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("focusmesh.interface.server.admission.rates.CLIENTS_MAX", 3)
    rates = Rates(1.0, 1, clock=lambda: 0.0)
    for number in range(100):
        rates.admits(f"10.0.0.{number}")
    assert len(rates._buckets) == 3


def test_the_answer_to_too_many_has_retry_after(letters: Path) -> None:
    with served(Service.open(letters), **SLOW) as client:
        answers = [client.get("/v1/rank") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) == 100
        assert answers[-1].json()["code"] == "too-many"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ("", "127.0.0.1", "6.6.6.6", "127.0.0.1"),
        (PEER, "8.8.8.8", "6.6.6.6", "8.8.8.8"),
        (PEER, "127.0.0.1", "6.6.6.6", "6.6.6.6"),
        (PEER, "127.0.0.1", "1.2.3.4, 6.6.6.6", "6.6.6.6"),
        (PEER, "127.0.0.1", "6.6.6.6, 10.1.2.3", "6.6.6.6"),
        (PEER, "127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        (PEER, "127.0.0.1", "nonsense", "127.0.0.1"),
        (PEER, "127.0.0.1", "6.6.6.6, nonsense", "127.0.0.1"),
        (PEER, "::1", "2001:db8::5", "2001:db8::5"),
        (PEER, "::ffff:10.0.0.1", "6.6.6.6", "6.6.6.6"),
    ],
)
def test_a_forwarded_address_is_believed_of_named_proxies_alone(
    proxies: str, peer: str, forwarded: str, client: str
) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())]
    assert Proxies(proxies).client(peer, headers) == client


def test_who_writes_the_header_himself_has_still_one_bucket(letters: Path) -> None:
    with served(Service.open(letters), **SLOW) as client:
        spoofed = [{"X-Forwarded-For": f"6.6.6.{number}"} for number in range(3)]
        codes = [client.get("/v1/rank", headers=one).status_code for one in spoofed]
        assert codes == [200, 200, 429]


def test_proxies_that_are_none_are_said_before_anything_listens() -> None:
    with pytest.raises(ParameterError, match=r"access\.proxies"):
        verify_access(Settings.read(None, {}, {"access.proxies": "10.0.0.0/8, my-proxy"}))


def test_a_subscriber_of_ipv6_has_one_bucket() -> None:
    assert bucket_of("2001:db8::1") == bucket_of("2001:db8::ffff:1") != bucket_of("2001:db9::1")
    assert bucket_of("192.0.2.1") == bucket_of("::ffff:192.0.2.1")


PROMISED = {"kept": 0, "broken": 0, "open": 3}


def test_signals_of_a_neuron_come_no_faster_than_they_may(
    ledger: Path, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.host.service.signals.serving", lambda _: 1)
    monkeypatch.setattr("focusmesh.host.service.ledger.serving", lambda _: None)
    slow: dict[str, Any] = {"limits__signals_per_second": 0.01, "limits__signals_burst": 2}
    with served(Service.open(ledger), **slow) as client:

        def post(key: SigningKey, nonce: int, *, broken: bool = False) -> Any:
            made = bytearray(packet(ledger, key, nonce, f"p{nonce}"))
            if broken:
                made[-1] ^= 1
            return client.post("/v1/signals", content=bytes(made), headers=PACKET)

        assert [post(bob, nonce).status_code for nonce in range(2)] == [202, 202]
        refused = post(bob, 2)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many")
        assert int(refused.headers["retry-after"]) == 100
        assert post(alice, 0).status_code == 202
        told = {f"focusmesh_promises_{state} {count}" for state, count in PROMISED.items()}
        assert told <= set(client.get("/metrics").text.splitlines())


FRAMED = {
    (b"content-length",): None,
    (b"transfer-encoding",): "length",
    (b"content-length", b"transfer-encoding"): "framing",
    (b"content-length", b"content-length"): "framing",
}


@pytest.mark.parametrize(("names", "code"), FRAMED.items())
def test_a_body_has_one_length(names: tuple[bytes, ...], code: str | None) -> None:
    values = {b"content-length": b"3", b"transfer-encoding": b"chunked"}
    fault = framing_fault([(name, values[name]) for name in names], takes_chunked=False)
    assert (fault.code if fault else None) == code


def test_chunked_bodies_are_taken_where_that_is_said() -> None:
    chunked = [(b"transfer-encoding", b"chunked")]
    assert framing_fault(chunked, takes_chunked=True) is None
    for odd in (b"gzip, chunked", b"identity", b"xchunked"):
        assert framing_fault([(b"transfer-encoding", odd)], takes_chunked=True)


SMUGGLED = b"0\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST /v1/graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BOTH = (
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(SMUGGLED),
    b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
)


def test_content_length_with_transfer_encoding_is_refused(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runtime hides the length from the application: what is refused is every coding of a transfer."""
    with serving(str(letters)) as (url, _):
        for lengths in BOTH:
            answer = said(HEAD + lengths + SMUGGLED, url)
            assert answer.startswith(b"HTTP/1.1 411 "), answer
            assert answer.count(b"HTTP/1.1 ") == 1, answer
    monkeypatch.setenv("FOCUSMESH_SERVE_CHUNKED", "true")
    with serving(str(letters)) as (url, _):
        # The must-fail twin: without the check the body is read, and found to be no JSON.
        for lengths in BOTH:
            answer = said(HEAD + lengths + SMUGGLED, url)
            assert answer.startswith(b"HTTP/1.1 400 "), answer


def beside(ledger: Path, monkeypatch: pytest.MonkeyPatch, *, votes: bool | None) -> None:
    """A node of a voted network seems to run on the ledger."""
    monkeypatch.setattr("focusmesh.host.service.ledger.serving", lambda _: 1)
    monkeypatch.setattr("focusmesh.host.service.signals.serving", lambda _: 1)
    monkeypatch.setattr("focusmesh.host.node.voting_status.serving", lambda _: 1)
    state = {"process": 1} | ({} if votes is None else {"epoch": 0, "votes": votes})
    (ledger / "network.json").write_text(json.dumps(state), encoding="utf-8")


@pytest.mark.parametrize(
    ("votes", "writes", "status"),
    [(True, False, 403), (True, True, 202), (False, False, 202)],
)
def test_a_server_beside_a_validator_takes_writes_only_if_told(
    ledger: Path,
    bob: SigningKey,
    monkeypatch: pytest.MonkeyPatch,
    votes: bool,
    writes: bool,
    status: int,
) -> None:
    beside(ledger, monkeypatch, votes=votes)
    with served(Service.open(ledger, writes=writes)) as client:
        answer = client.post("/v1/signals", content=packet(ledger, bob, 0, "b"), headers=PACKET)
        assert answer.status_code == status, answer.text
        assert client.get("/v1/status").json()["can_write"] == (status == 202)
        assert client.get("/health").json()["node"] is True
        if status == 403:
            assert answer.json()["code"] == "no-writes"
            assert "--writes" in answer.json()["detail"]
            assert "follower" in answer.json()["detail"]


def test_a_body_is_whole_however_long_the_server_works_before_it_is_read(letters: Path) -> None:
    """The code that waits for the client to disconnect must not consume the body."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"half and ", "more_body": True},
        {"type": "http.request", "body": b"half", "more_body": False},
    ]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(0.5)
        return {"type": "http.disconnect"}

    async def ask() -> bytes:
        server = Server(Service.open(letters), Settings(), Metrics([], None), None)
        bounds = SimpleNamespace(resolve_request_max_body_size=lambda: 100)
        scope: Any = {"type": "http", "headers": [], "route_handler": bounds}
        request: Any = Request(scope, cast("Any", receive))
        await server.work(request, lambda: time.sleep(0.3))
        await server.stop()
        return bytes(await request.body())

    assert asyncio.run(ask()) == b"half and half"


def test_before_a_voted_networks_node_has_said_whether_it_votes_nothing_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.host.voted_ledgers import VotedLedger

    VotedLedger(tmp_path / "voted").grow(1)
    beside(tmp_path / "voted", monkeypatch, votes=None)
    with served(Service.open(tmp_path / "voted")) as client:
        answer = client.post("/v1/signals", content=b"any", headers=PACKET)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
