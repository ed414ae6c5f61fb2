"""The telemetry that a server's settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.interface.server.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from focusmesh.host.settings import TelemetrySettings


def telemetry_of(settings: TelemetrySettings) -> Telemetry:
    """What the settings say. Raises MissingExtraError ("telemetry")."""
    if not settings.endpoint:
        return Telemetry()
    from focusmesh.interface.server.telemetry.exporter import Exporting

    return Exporting(settings)
