"""Telemetry that is sent: spans and metrics by OTLP over HTTP, in batches, from a thread of their own."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from focusmesh import __version__
from focusmesh.errors import MissingExtraError
from focusmesh.interface.server.telemetry.telemetry import Request, Telemetry

try:
    from opentelemetry import context as contexts
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.metrics import Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    from opentelemetry.trace import (
        SpanKind,
        Status,
        StatusCode,
        get_current_span,
        set_span_in_context,
    )
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    raise MissingExtraError("telemetry", "sending telemetry") from error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from opentelemetry.metrics import CallbackOptions, Histogram
    from opentelemetry.trace import Span

    from focusmesh.host.settings import TelemetrySettings
    from focusmesh.interface.server.telemetry.telemetry import Gauges, Value

NAME = "focusmesh"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SECONDS_TO_SEND = 5.0
_SECONDS_BETWEEN_BATCHES = 1.0
_LAST_SECONDS = 2.0
_FIELDS = {
    "http": ("http.request.method", "http.route", "http.response.status_code"),
    "grpc": ("rpc.system", "rpc.method", "rpc.grpc.status_code"),
}
_DURATIONS = {"http": "http.server.request.duration", "grpc": "rpc.server.call.duration"}
_FAULTS = {"http": ("5",), "grpc": ("INTERNAL", "UNAVAILABLE", "UNKNOWN", "DEADLINE_EXCEEDED")}
"""How statuses begin that are the server's fault."""


class Exporting(Telemetry):
    """Sends what it is told to the endpoint; when that cannot be reached, it is dropped and answers do not wait."""

    def __init__(self, settings: TelemetrySettings) -> None:
        """Begins a thread that sends."""
        base = settings.endpoint.rstrip("/")
        spans = OTLPSpanExporter(f"{base}/v1/traces", timeout=_SECONDS_TO_SEND)
        numbers = OTLPMetricExporter(f"{base}/v1/metrics", timeout=_SECONDS_TO_SEND)
        self._exporters = spans, numbers
        resource = Resource.create(
            {
                "service.name": NAME,
                "service.version": __version__,
                "service.instance.id": str(uuid4()),
            }
        )
        self._traces = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample)),
            resource=resource,
            shutdown_on_exit=False,
        )
        self._traces.add_span_processor(
            BatchSpanProcessor(spans, schedule_delay_millis=_SECONDS_BETWEEN_BATCHES * 1_000)
        )
        reader = PeriodicExportingMetricReader(
            numbers,
            export_interval_millis=settings.seconds * 1_000,
            export_timeout_millis=_SECONDS_TO_SEND * 1_000,
        )
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._tracer = self._traces.get_tracer(NAME, __version__)
        meter = self._metrics.get_meter(NAME, __version__)
        self._durations = {
            protocol: meter.create_histogram(
                name, "s", "Time to answer.", explicit_bucket_boundaries_advisory=BUCKETS
            )
            for protocol, name in _DURATIONS.items()
        }
        self._meter = meter

    def request(self, protocol: str, method: str, carrier: Mapping[str, str]) -> Request:
        """A span of a server, child of the one that a traceparent names."""
        # In a context of its own: what this task did before is no part of it.
        given = TraceContextTextMapPropagator().extract(carrier, contexts.Context())
        span = self._tracer.start_span(method, given, SpanKind.SERVER)
        contexts.attach(set_span_in_context(span, given))
        return _Told(span, protocol, method, self._durations[protocol])

    def note(self, **facts: Value) -> None:
        """Attributes called focusmesh.NAME."""
        known = {f"{NAME}.{name}": value for name, value in facts.items() if value is not None}
        get_current_span().set_attributes(known)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A span within the request of the caller's context, or of its own."""
        # What an exception says may name what was asked for.
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ):
            yield

    def observe(self, names: Iterable[str], gauges: Gauges) -> None:
        """Gauges called focusmesh.NAME, asked for with every report."""
        for name in names:
            self._meter.create_observable_gauge(f"{NAME}.{name}", [_observing(gauges, name)])

    def stop(self) -> None:
        """Tells what is left; an endpoint that does not answer is waited for no longer than two seconds."""
        telling = Thread(target=self._tell_what_is_left, name="last telemetry", daemon=True)
        telling.start()
        telling.join(_LAST_SECONDS / 2)
        if telling.is_alive():
            for exporter in self._exporters:
                exporter.shutdown()
            telling.join(_LAST_SECONDS / 2)

    def _tell_what_is_left(self) -> None:
        self._traces.shutdown()
        self._metrics.shutdown()


class _Told(Request):
    """A request with its span."""

    def __init__(self, span: Span, protocol: str, method: str, durations: Histogram) -> None:
        self._span = span
        self._protocol = protocol
        self._method = method
        self._durations = durations
        self._begun = time.perf_counter()

    def end(self, route: str | None, status: str) -> None:
        """Names the span, and ends it."""
        method, where, outcome = _FIELDS[self._protocol]
        facts: dict[str, str | int] = {method: self._method}
        if route is not None:
            facts[where] = route
        facts[outcome] = int(status) if status.isdecimal() else status
        is_fault = status.startswith(_FAULTS[self._protocol])
        if is_fault:
            facts["error.type"] = status
        self._durations.record(time.perf_counter() - self._begun, facts)
        span = self._span
        if is_fault:
            span.set_status(Status(StatusCode.ERROR))
        span.set_attributes(facts)
        name = route or "another route"
        span.update_name(f"{self._method} {name}" if self._protocol == "http" else name)
        span.end()


def _observing(gauges: Gauges, name: str) -> Any:
    def observe(options: CallbackOptions) -> Iterable[Observation]:
        del options
        found = gauges().get(name)
        return [] if found is None else [Observation(found[1])]

    return observe
