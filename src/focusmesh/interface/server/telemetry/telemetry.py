"""What a server tells of its work: requests, answers and moments, with times and sizes, and never what was asked.

Neither names nor questions, paths with values, addresses or messages of errors are told: a route is its template.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    Value = str | int | float | bool | None
    Note = Callable[..., None]
    Gauges = Callable[[], Mapping[str, tuple[str, float]]]


CARRIERS = ("traceparent", "tracestate")
"""Headers that name the trace that a request is part of (W3C Trace Context)."""


class Request:
    """A request that is being answered. This one is not told to anybody."""

    def end(self, route: str | None, status: str) -> None:
        """It was answered: ``route`` as it is described (None: there is none), ``status`` as the protocol has it."""


class Telemetry:
    """Where a server's work is told. This one tells nothing, and costs nothing."""

    def request(self, protocol: str, method: str, carrier: Mapping[str, str]) -> Request:
        """A request begins, over ``"http"`` or ``"grpc"``; ``carrier`` are its headers, which may name a trace.

        What the caller's context does from now on belongs to it.
        """
        del protocol, method, carrier
        return _SILENT

    def note(self, **facts: Value) -> None:
        """Adds facts to what the caller's context is part of, such as the root of its moment; None is no fact."""

    def span(self, name: str) -> AbstractContextManager[None]:
        """A part of the work, for as long as the context manager is open."""
        del name
        return _NOTHING

    def observe(self, names: Iterable[str], gauges: Gauges) -> None:
        """Names what is told with every report; ``gauges`` are name → (words, value)."""

    def stop(self) -> None:
        """Tells what is left, within two seconds."""


_SILENT = Request()
_NOTHING = nullcontext()
