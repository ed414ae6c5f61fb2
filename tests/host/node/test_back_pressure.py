"""Our own senders through a node wait while it has no room, in place of failing."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import SignalError
from focusmesh.host.ledger.submission import ThroughNode
from focusmesh.host.spool import spool as module
from focusmesh.host.storage.ledger_folder import Folder, marked_serving
from focusmesh.kernel.admission import AdmissionLimits
from focusmesh.kernel.session import Signer, link_step
from tests.host.nodes import Node

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

COUNT = 40


@pytest.mark.parametrize("waits", [True, False])
def test_a_session_of_many_signals_waits_for_room(
    ledger: Path, bob: SigningKey, alice: SigningKey, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    monkeypatch.setattr(module, "LIMITS", AdmissionLimits(neuron_signals=4, neuron_early=4))
    if not waits:
        monkeypatch.setattr("focusmesh.host.ledger.submission._BACK_PRESSURE", ())
    node, stop = Node(ledger, alice), Event()
    signer = Signer(bob, node.chain.network, node.chain.parameters)
    steps = [link_step("a", f"p{number}", None, 1) for number in range(COUNT)]
    each = [next(iter(signer.batches([step], lambda _: False))) for step in steps]
    packets = list(signer.packets(each, 0, node.chain.height))
    sender = ThroughNode(Folder(ledger), node.spool, node.shared.reading)

    def make_blocks() -> None:
        while not stop.wait(0.002):
            with node.shared.lock:
                node.producer.step()

    with marked_serving(Folder(ledger)):
        thread = Thread(target=make_blocks)
        thread.start()
        try:
            if waits:
                placed = sender.send(packets)
                assert [one.code for one in placed] == ["ok"] * COUNT
            else:
                monkeypatch.setattr(type(node.producer), "step", lambda self: None)
                with pytest.raises(SignalError, match="wait already"):
                    sender.send(packets)
        finally:
            stop.set()
            thread.join()
    node.shared.release()
