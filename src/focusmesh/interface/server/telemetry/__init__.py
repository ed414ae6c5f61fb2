"""Traces and metrics of a server for OpenTelemetry, where an endpoint is named; else nothing. Extra ``telemetry``.

May import: opentelemetry (in exporter.py alone), errors, settings. Start reading at telemetry.py, then exporter.py.
"""

from __future__ import annotations

from focusmesh.interface.server.telemetry.current import trace_ids as trace_ids
from focusmesh.interface.server.telemetry.factory import telemetry_of as telemetry_of
from focusmesh.interface.server.telemetry.telemetry import CARRIERS as CARRIERS
from focusmesh.interface.server.telemetry.telemetry import Request as Request
from focusmesh.interface.server.telemetry.telemetry import Telemetry as Telemetry
