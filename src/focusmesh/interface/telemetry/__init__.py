"""Traces and metrics of a server for OpenTelemetry, where an endpoint is named; else nothing. Extra ``telemetry``.

May import: opentelemetry (in exporting.py alone), errors, settings. Start reading at telemetry.py, then exporting.py.
"""

from __future__ import annotations

from focusmesh.interface.telemetry.current import trace_ids
from focusmesh.interface.telemetry.telemetry import CARRIERS, Request, Telemetry, telemetry_of

__all__ = ["CARRIERS", "Request", "Telemetry", "telemetry_of", "trace_ids"]
