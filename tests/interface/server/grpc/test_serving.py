"""What goes wrong is a status with a code, work ends with the call, and doors and limits are those of HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.service import Moment, Service
from focusmesh.host.settings import Settings
from focusmesh.interface.server.grpc import GrpcClient, GrpcError, GrpcServer, method_types
from focusmesh.interface.server.http import Server
from focusmesh.interface.server.shared import ApiKeys, admit_neuron, new_api_key
from focusmesh.interface.server.shared.metrics import Metrics
from focusmesh.interface.server.signatures import RequestSigner
from tests.conftest import SOAK
from tests.host.nodes import SECONDS, until
from tests.interface.server.grpc.conftest import failure, served
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.protocol.identity import SigningKey
    from tests.interface.server.grpc.conftest import Both


@pytest.mark.parametrize(
    ("method", "fields", "status", "code"),
    [
        ("Rank", {"top": 0}, "INVALID_ARGUMENT", "parameter"),
        ("Rank", {"top": -(2**63)}, "INVALID_ARGUMENT", "parameter"),
        ("Rank", {"particles": ["omega"]}, "NOT_FOUND", "unknown-name"),
        ("Rank", {"particles": ["alpha"] * 1_001}, "INVALID_ARGUMENT", "parameter"),
        ("Rank", {"at": 1}, "INVALID_ARGUMENT", "parameter"),
        ("Rank", {"cursor": "AAAA"}, "INVALID_ARGUMENT", "parameter"),
        ("Context", {}, "INVALID_ARGUMENT", "parameter"),
        ("Context", {"seeds": ["alpha"], "effort": 9}, "INVALID_ARGUMENT", "parameter"),
        ("Context", {"seeds": ["alpha"], "beta": 2.0}, "INVALID_ARGUMENT", "parameter"),
        ("Context", {"seeds": ["alpha"], "beta": float("nan")}, "INVALID_ARGUMENT", "parameter"),
        ("Recall", {}, "INVALID_ARGUMENT", "input"),
        ("Recall", {"question": "?" * 20_000}, "INVALID_ARGUMENT", "parameter"),
        ("Explain", {"seeds": ["alpha"]}, "INVALID_ARGUMENT", "parameter"),
        ("Walk", {"seeds": ["alpha"], "temperature": -1.0}, "INVALID_ARGUMENT", "parameter"),
        ("GetBlock", {"height": 1}, "NOT_FOUND", "not-there"),
        ("PostSignal", {"packet": b"x"}, "NOT_FOUND", "not-there"),
        ("WatchBlocks", {}, "NOT_FOUND", "not-there"),
        ("WatchAnswer", {}, "INVALID_ARGUMENT", "parameter"),
        ("WatchAnswer", {"rank": {"top": 0}}, "INVALID_ARGUMENT", "parameter"),
        ("WatchAnswer", {"particle": {"particle": "omega"}}, "NOT_FOUND", "unknown-name"),
        ("WatchParticles", {}, "INVALID_ARGUMENT", "parameter"),
    ],
)
def test_what_is_wrong_has_a_status_and_a_code(
    both: Both, method: str, fields: dict[str, Any], status: str, code: str
) -> None:
    def call() -> None:
        answer = getattr(both.grpc, method)(**fields)
        if method.startswith("Watch"):
            next(answer)

    found = failure(call)
    assert found[:2] == (status, code), found
    assert str(ROOT) not in found[2]


def test_fields_that_there_are_not_are_said_before_anything_is_sent(both: Both) -> None:
    with pytest.raises(ParameterError, match="Rank"):
        both.grpc.Rank(topp=1)
    with pytest.raises(AttributeError, match="there are GetStatus"):
        both.grpc.Ranks()


def test_what_nobody_expected_is_told_without_a_traceback(
    both: Both, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the operator's")

    monkeypatch.setattr(Moment, "context", fail)
    status, code, message = failure(lambda: both.grpc.Context(seeds=["alpha"]))
    assert (status, code) == ("INTERNAL", "internal")
    assert "secret" not in message
    assert "a secret of the operator's" in caplog.text


def test_what_is_no_message_is_refused(both: Both) -> None:
    with grpc.insecure_channel(both.target) as channel:
        for sent in (b"\xff", b"\x08", b"\x0a\xff\xff\xff\xff\x0f"):
            call = channel.unary_unary("/focusmesh.v1.GraphService/Rank")
            with pytest.raises(grpc.RpcError) as failed:
                call(sent)
            assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as failed:
            channel.unary_unary("/focusmesh.v1.GraphService/Nothing")(b"")
        assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_bad_connections_keep_nobody_from_being_answered(both: Both) -> None:
    host, _, port = both.target.partition(":")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    spoken = [b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 1_000, preface, preface + b"\xff" * 100]
    with ExitStack() as opened:
        for number in range(200):
            connection = opened.enter_context(socket.create_connection((host, int(port)), SECONDS))
            connection.sendall(spoken[number % len(spoken)])
        assert both.grpc.Rank(top=1).items
    assert both.grpc.Rank(top=1).items


def test_a_message_that_is_too_large_is_not_read(letters: Path) -> None:
    with served(Service.open(letters), limits__body_bytes=10_000) as both:
        found = failure(lambda: both.grpc.Recall(question="x" * 20_000))
        assert found[:2] == ("RESOURCE_EXHAUSTED", None)
        assert both.grpc.Rank(top=1).items


class Slow:
    """An answer that works until its progress is told to stop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        monkeypatch.setattr(Moment, "context", self.work)

    def work(self, *_: object, progress: Progress, **__: object) -> None:
        until_then = time.monotonic() + SECONDS
        self.begun.set()
        try:
            while time.monotonic() < until_then:
                progress(None)  # type: ignore[arg-type]
                time.sleep(0.001)
        finally:
            self.ended.set()


def test_work_ends_at_the_clients_deadline_and_at_the_servers(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    with served(Service.open(letters), limits__answer_seconds=0.3) as both:
        found = failure(lambda: both.grpc.Context(seeds=["alpha"]))
        assert found[:2] == ("DEADLINE_EXCEEDED", "time-limit")
        assert slow.ended.wait(SECONDS)
    slow = Slow(monkeypatch)
    with served(Service.open(letters), limits__answer_seconds=float(SECONDS)) as both:
        found = failure(lambda: both.grpc.Context(seeds=["alpha"], timeout=0.3))
        assert found[0] == "DEADLINE_EXCEEDED"
        assert slow.ended.wait(SECONDS / 2)


def test_work_ends_when_the_call_is_cancelled(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    kind = method_types()["GraphService/Context"]
    with (
        served(Service.open(letters), limits__answer_seconds=float(SECONDS)) as both,
        grpc.insecure_channel(both.target) as channel,
    ):
        call = channel.unary_unary(kind.path).future(
            kind.request(seeds=["alpha"]).SerializeToString()
        )
        assert slow.begun.wait(SECONDS)
        call.cancel()
        assert slow.ended.wait(SECONDS / 2)


def test_keys_and_neurons_are_asked_for(
    letters: Path, tmp_path: Path, alice: SigningKey, bob: SigningKey
) -> None:
    file = tmp_path / "api-keys"
    reading = new_api_key(file, "reader", may_write=False)
    writing = new_api_key(file, "writer", may_write=True)
    admit_neuron(file, "alice", alice.public.hex(), may_write=False)
    with served(Service.open(letters), ApiKeys.read(file)) as both:
        found = failure(lambda: both.grpc.Rank(top=1))
        assert found[:2] == ("UNAUTHENTICATED", "api-key")
        assert failure(lambda: next(both.grpc.WatchParticles(particles=["alpha"])))[1] == "api-key"
        with GrpcClient(both.target, api_key=reading) as client:
            assert client.Rank(top=1).items
            found = failure(lambda: client.PostSignal(packet=b"x"))
            assert found[:2] == ("PERMISSION_DENIED", "api-key")
        with GrpcClient(both.target, api_key=writing) as client:
            assert failure(lambda: client.PostSignal(packet=b"x"))[1] == "not-there"
        with GrpcClient(both.target, api_key=writing[:-1]) as client:
            assert failure(lambda: client.Rank())[0] == "UNAUTHENTICATED"
        with GrpcClient(both.target, signer=RequestSigner(alice)) as client:
            assert client.Rank(top=1).items
            assert client.GetStatus().particles == 4
            assert failure(lambda: client.PostSignal(packet=b"x"))[0] == "PERMISSION_DENIED"
        with GrpcClient(both.target, signer=RequestSigner(bob)) as client:
            assert failure(lambda: client.Rank(top=1))[1] == "signature"
        stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(both.target))
        assert stub.Check(health_pb2.HealthCheckRequest()).status == 1


def test_a_signature_is_of_one_message_and_comes_once(
    letters: Path, tmp_path: Path, alice: SigningKey
) -> None:
    admit_neuron(tmp_path / "api-keys", "alice", alice.public.hex(), may_write=False)
    kind = method_types()["GraphService/Rank"]
    sent, other = (kind.request(top=top).SerializeToString() for top in (1, 2))
    with (
        served(Service.open(letters), ApiKeys.read(tmp_path / "api-keys")) as both,
        grpc.insecure_channel(both.target) as channel,
    ):
        call = channel.unary_unary(kind.path)

        def signed(authority: str) -> list[tuple[str, str]]:
            made = RequestSigner(alice).headers("POST", f"http://{authority}{kind.path}", sent)
            fields = [(name.lower(), value) for name, value in made.items()]
            return [("focusmesh-authority", both.target), *fields]

        def refused(message: bytes, metadata: list[tuple[str, str]]) -> str:
            with pytest.raises(grpc.RpcError) as failed:
                call(message, metadata=metadata)
            assert failed.value.code() == grpc.StatusCode.UNAUTHENTICATED
            return str(failed.value.details())

        good = signed(both.target)
        assert call(sent, metadata=good)
        assert "was used before" in refused(sent, good)
        assert "not the one" in refused(other, signed(both.target))
        assert "signature of this request" in refused(sent, signed("elsewhere:1"))
        elsewhere = [("focusmesh-authority", "elsewhere:1"), *signed("elsewhere:1")[1:]]
        assert "name" in refused(sent, elsewhere)


def test_rates_and_calls_are_limited(letters: Path) -> None:
    with served(Service.open(letters), limits__requests_per_second=0.001, limits__burst=2) as both:
        assert both.grpc.Rank() == both.grpc.Rank()
        assert failure(both.grpc.Rank)[:2] == ("RESOURCE_EXHAUSTED", "too-many")
    with served(Service.open(letters), grpc__calls=1) as both:
        stream = both.grpc.WatchParticles(particles=["alpha"])
        next(stream)
        assert failure(both.grpc.Rank)[0] == "RESOURCE_EXHAUSTED"
        stream.close()
        until(lambda: _answers(both))


def _answers(both: Both) -> bool:
    try:
        return bool(both.grpc.Rank(top=1).items)
    except GrpcError:
        return False


def test_any_request_is_answered_or_refused(both: Both, ledger_both: Both) -> None:
    for name in method_types():
        for client in (both.grpc, ledger_both.grpc):
            _ask_anything(client, name)


def _ask_anything(client: GrpcClient, name: str) -> None:
    kind = method_types()[name]
    seen = 0

    @given(fields=_fields(kind.request.DESCRIPTOR))
    @settings(
        max_examples=100 if SOAK else 8,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(fields: dict[str, Any]) -> None:
        nonlocal seen
        seen += 1
        status, code = outcome(fields)
        assert status not in ("INTERNAL", "UNKNOWN"), (name, fields)
        assert code or status in ("OK", "DEADLINE_EXCEEDED"), (name, fields)

    def outcome(fields: dict[str, Any]) -> tuple[str, str | None]:
        try:
            answer = getattr(client, name.partition("/")[2])(timeout=0.2, **fields)
            if kind.is_stream:
                next(answer)
                answer.close()
        except GrpcError as error:
            return error.status, error.code
        return "OK", None

    ask()
    assert seen > 0


def _fields(descriptor: Any) -> some.SearchStrategy[dict[str, Any]]:
    """Fields of a message as a stranger fills them in; names that there are come often."""
    kinds = {
        "string": some.sampled_from(["alpha", "a", "b", "letter", "ab" * 32, ""]) | some.text(),
        "bytes": some.binary(max_size=40),
        "int": some.integers(-2, 12) | some.integers(-(2**63), 2**63 - 1),
        "float": some.floats() | some.floats(0, 1),
        "bool": some.booleans(),
        "enum": some.integers(0, 4),
    }
    optional: dict[str, some.SearchStrategy[Any]] = {}
    for field in descriptor.fields:
        if field.message_type is not None:
            if field.containing_oneof is None or field.index == 0:
                optional[field.name] = _fields(field.message_type)
            continue
        one: Any = kinds[_kind(field)]
        optional[field.name] = some.lists(one, max_size=4) if field.is_repeated else one
    return some.fixed_dictionaries({}, optional=optional)


def _kind(field: Any) -> str:
    names = {
        field.TYPE_STRING: "string",
        field.TYPE_BYTES: "bytes",
        field.TYPE_INT64: "int",
        field.TYPE_DOUBLE: "float",
        field.TYPE_BOOL: "bool",
        field.TYPE_ENUM: "enum",
    }
    return names[field.type]


def test_a_port_that_is_taken_is_named(both: Both, letters: Path) -> None:
    port = int(both.target.rpartition(":")[2])
    said = Settings.read(None, {}, {"grpc.port": port})
    second = GrpcServer(Server(Service.open(letters), said, Metrics([], None), None))
    with pytest.raises(FileError, match=f"{port} for gRPC"):
        asyncio.run(second.start())


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("GraphService/Rank", b"\xf8\x3f\x01"),
        ("LiveService/WatchAnswer", b"\x0a\x03\xf8\x3f\x01"),
    ],
)
def test_a_field_that_a_message_does_not_have_is_refused(
    both: Both, path: str, sent: bytes
) -> None:
    """Field 1,023, in the message itself and in one within it."""
    with grpc.insecure_channel(both.target) as channel:
        service, _, method = path.partition("/")
        where = f"/focusmesh.v1.{service}/{method}"
        is_stream = method.startswith("Watch")
        call = channel.unary_stream(where) if is_stream else channel.unary_unary(where)
        with pytest.raises(grpc.RpcError) as failed:
            list(call(sent))
        assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "no field number 1023" in failed.value.details()
        assert "its fields are 1 " in failed.value.details()


def test_twin_protobuf_alone_passes_such_a_field_over() -> None:
    from focusmesh.interface.server.grpc.protocol import method_types

    kind = method_types()["GraphService/Rank"].request
    assert not kind.FromString(b"\xf8\x3f\x01").ListFields()
