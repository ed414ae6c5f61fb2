"""What is told of a server's work: spans and metrics with routes and roots, and nothing of what was asked."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ParameterError
from focusmesh.host.service import Moment, Service
from focusmesh.host.settings import Settings, TelemetrySettings
from focusmesh.interface.server.grpc import GrpcError
from focusmesh.interface.server.process.logs import JsonFormatter
from focusmesh.interface.server.telemetry import Telemetry, telemetry_of, trace_ids
from tests.interface.server import conftest as http
from tests.interface.server.grpc import conftest as grpc
from tests.interface.server.telemetry.collector import collecting, plain
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

letters, told, keyring = http.letters, http.told, http.keyring
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SERVER = 2
ERROR = 2


def test_a_request_is_told_with_its_route_and_its_root(letters: Path) -> None:
    with (
        collecting() as collector,
        http.served(Service.open(letters), telemetry__endpoint=collector.url) as client,
    ):
        root = client.get("/v1/context?seed=alpha").json()["root"]
        client.get("/v1/rank?particle=nobody-is-called-so")
        client.get("/no/such/route")
    (context,) = collector.named("GET /v1/context")
    assert context.kind == SERVER
    assert plain(context.attributes) == {
        "http.request.method": "GET",
        "http.route": "/v1/context",
        "http.response.status_code": 200,
        "focusmesh.root": root,
    }
    (answer,) = [span for span in collector.named("answer") if span.trace_id == context.trace_id]
    assert answer.parent_span_id == context.span_id
    (rank,) = collector.named("GET /v1/rank")
    assert plain(rank.attributes)["http.response.status_code"] == 404
    assert rank.status.code != ERROR
    (elsewhere,) = collector.named("GET another route")
    assert "http.route" not in plain(elsewhere.attributes)
    (moment,) = collector.named("moment")
    assert plain(moment.attributes) == {
        "focusmesh.root": root,
        "focusmesh.particles": 4,
        "focusmesh.axons": 5,
    }
    (prepare,) = collector.named("prepare")
    assert prepare.parent_span_id == moment.span_id
    assert {one["service.name"] for one in collector.resources} == {"focusmesh"}


def test_metrics_are_those_of_prometheus(letters: Path) -> None:
    with (
        collecting() as collector,
        http.served(Service.open(letters), telemetry__endpoint=collector.url) as client,
    ):
        for _ in range(3):
            client.get("/v1/rank")
        bound = client.get("/v1/rank").json()["bound"]
    (point,) = [
        point
        for point in collector.metrics["http.server.request.duration"].histogram.data_points
        if plain(point.attributes)["http.route"] == "/v1/rank"
    ]
    assert point.count == 4
    gauges = {
        name: metric.gauge.data_points[0].as_double
        for name, metric in collector.metrics.items()
        if metric.HasField("gauge")
    }
    assert gauges["focusmesh.healthy"] == 1
    assert (gauges["focusmesh.particles"], gauges["focusmesh.bound"]) == (4, bound)


def test_the_trace_of_who_asks_goes_on(letters: Path) -> None:
    with (
        collecting() as collector,
        http.served(Service.open(letters), telemetry__endpoint=collector.url) as client,
    ):
        client.get("/v1/rank", headers={"traceparent": TRACEPARENT})
        client.get("/v1/rank", headers={"traceparent": "nonsense"})
        client.get("/v1/rank", headers={"traceparent": TRACEPARENT[:-1] + "0"})
    mine, own = collector.named("GET /v1/rank")
    assert (mine.trace_id.hex(), mine.parent_span_id.hex()) == (TRACE, PARENT)
    assert own.trace_id.hex() != TRACE
    assert own.parent_span_id == b""


def test_calls_of_grpc_are_told_too(letters: Path) -> None:
    with (
        collecting() as collector,
        grpc.served(Service.open(letters), telemetry__endpoint=collector.url) as both,
    ):
        root = both.grpc.Context(seeds=["alpha"]).root
        with pytest.raises(GrpcError):
            both.grpc.Rank(particles=["nobody-is-called-so"])
        watched = both.grpc.WatchParticles(particles=["alpha"])
        next(watched)
        watched.close()
        _traced(both.target)
    (context,) = collector.named("focusmesh.v1.GraphService/Context")
    assert plain(context.attributes) == {
        "rpc.system": "grpc",
        "rpc.method": "focusmesh.v1.GraphService/Context",
        "rpc.grpc.status_code": "OK",
        "focusmesh.root": root,
    }
    refused, traced = collector.named("focusmesh.v1.GraphService/Rank")
    assert plain(refused.attributes)["rpc.grpc.status_code"] == "NOT_FOUND"
    assert traced.trace_id.hex() == TRACE
    (stream,) = collector.named("focusmesh.v1.LiveService/WatchParticles")
    assert plain(stream.attributes)["rpc.grpc.status_code"] == "CANCELLED"
    assert "rpc.server.call.duration" in collector.metrics


def _traced(target: str) -> None:
    import grpc as protocol

    with protocol.insecure_channel(target) as channel:
        call = channel.unary_unary("/focusmesh.v1.GraphService/Rank")
        call(b"", metadata=[("traceparent", TRACEPARENT)])


def test_nothing_of_what_was_asked_is_told(letters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("gamma is what failed")

    with (
        collecting() as collector,
        grpc.served(Service.open(letters), telemetry__endpoint=collector.url) as both,
    ):
        both.http.get("/v1/recall?question=the+third+letter&from=gamma")
        both.http.get("/v1/explain?target=gamma&from=omega")
        both.grpc.Recall(question="the third letter", seeds=["gamma"])
        monkeypatch.setattr(Moment, "context", fail)
        assert both.http.get("/v1/context?seed=gamma").status_code == 500
        with pytest.raises(GrpcError):
            both.grpc.Context(seeds=["gamma"])
    (failed,) = collector.named("GET /v1/context")
    assert failed.status.code == ERROR
    assert not failed.events
    everything = b"".join(collector.raw)
    assert b"/v1/explain" in everything
    for word in (b"gamma", b"omega", b"third", b"127.0.0.1", str(letters.parent).encode()):
        assert word not in everything, word


def test_what_is_told_is_what_the_reference_lists(letters: Path) -> None:
    page = (ROOT / "docs/reference/telemetry.md").read_text(encoding="utf-8")
    with (
        collecting() as collector,
        grpc.served(Service.open(letters), telemetry__endpoint=collector.url) as both,
    ):
        both.http.get("/v1/context?seed=alpha")
        both.grpc.Rank()
    assert {name for name in collector.metrics if f"`{name}`" not in page} == set()
    attributes = {name for span in collector.spans for name in plain(span.attributes)}
    assert {name for name in attributes if f"`{name}`" not in page} == set()
    listed = set(re.findall(r"`(focusmesh\.[a-z_]+|[a-z]+\.server\.[a-z.]+)`", page))
    of_ledgers = {
        f"focusmesh.{name}" for name in ("height", "tip_height", "price", "validators_jailed")
    }
    # Those of a ledger's node are tested with the gauges themselves.
    of_nodes = {
        name for name in listed if name.startswith(("focusmesh.network_", "focusmesh.promises_"))
    }
    assert listed - of_ledgers - of_nodes <= attributes | collector.metrics.keys()


def test_some_are_traced(letters: Path) -> None:
    with (
        collecting() as collector,
        http.served(
            Service.open(letters), telemetry__endpoint=collector.url, telemetry__sample=0.0
        ) as client,
    ):
        client.get("/v1/rank")
        client.get("/v1/rank", headers={"traceparent": TRACEPARENT})
    (span,) = collector.spans
    assert span.trace_id.hex() == TRACE
    assert "http.server.request.duration" in collector.metrics


def test_a_collector_that_is_gone_holds_nobody_up(
    letters: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with http.served(Service.open(letters), telemetry__endpoint="http://127.0.0.1:9") as client:
        assert client.get("/v1/rank").status_code == 200
        begun = time.monotonic()
    # Not a measurement: without an end of its own, it would go on for half a minute.
    assert time.monotonic() - begun < 15
    assert "telemetry" in caplog.text or "export" in caplog.text.lower()


def test_lines_of_the_log_name_the_trace(
    letters: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[dict[str, Any]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Moment, "rank", fail)
    kept = Kept()
    logging.getLogger("focusmesh.http").addHandler(kept)
    try:
        with (
            collecting() as collector,
            http.served(Service.open(letters), telemetry__endpoint=collector.url) as client,
        ):
            client.get("/v1/rank", headers={"traceparent": TRACEPARENT})
    finally:
        logging.getLogger("focusmesh.http").removeHandler(kept)
    (line,) = lines
    (span,) = collector.named("GET /v1/rank")
    assert (line["trace_id"], line["span_id"]) == (TRACE, span.span_id.hex())
    assert trace_ids() == {}
    assert caplog.records


def test_without_an_endpoint_nothing_is_loaded_or_sent(letters: Path) -> None:
    assert type(telemetry_of(TelemetrySettings())) is Telemetry
    with pytest.raises(ParameterError, match=r"telemetry\.endpoint to be a URL"):
        Settings.read(None, {}, {"telemetry.endpoint": "collector:4318"})
    program = (
        "import sys\n"
        "from focusmesh.interface.server.process import application\n"
        "from focusmesh.host.service import Service\n"
        f"application(Service.open({str(letters)!r}))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])\n"
    )
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout.strip() == "[]"
