"""What the servers of a localnet are told, beside what every server is."""

from __future__ import annotations

from focusmesh.host.localnet.parts import _SERVED
from focusmesh.host.settings import Settings


def test_servers_of_a_localnet_take_signals_beside_validators() -> None:
    assert Settings.read(None, _SERVED).serve.writes
    assert not Settings.read(None, {}).serve.writes
