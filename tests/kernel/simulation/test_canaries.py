"""Must-fail twins: with any one check switched off, some seed shows which invariant fell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import SignalError, SimulationError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.admission import admission as examining
from focusmesh.kernel.admission import check_standing
from focusmesh.kernel.block import validation as checking
from focusmesh.kernel.block.chain import chain
from focusmesh.kernel.focus import ChainFocus
from focusmesh.kernel.node.serving.peer_answers import PeerAnswers
from focusmesh.kernel.runtime import Runtime, admission, execution
from focusmesh.kernel.simulation import SimulatedNetwork, draw_schedule, kinds_of
from focusmesh.kernel.simulation import network as room
from focusmesh.kernel.simulation.disks import MachineDisk
from focusmesh.kernel.simulation.letterbox import OpenLetterbox
from focusmesh.kernel.simulation.lies import copy_store
from focusmesh.kernel.state import read_account
from focusmesh.protocol import world

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch = pytest.MonkeyPatch

SEEDS = range(1, 13)
NODES, BLOCKS = 3, 6
LAX = 1 << 62


def any_block_signature(patch: Patch) -> None:
    patch.setattr(checking, "verify", lambda *given: True)


def any_state_root(patch: Patch) -> None:
    """Whoever follows forgets the tips, and nobody compares what comes out."""
    execute = Runtime.execute

    def unpaid(self: Runtime, *given: Any) -> Any:
        with pytest.MonkeyPatch.context() as within:
            within.setattr(execution, "_pay", lambda working, tips: None)
            return execute(self, *given)

    patch.setattr(Runtime, "execute", unpaid)
    patch.setattr(chain, "check_same", lambda *given: None)


def wrong_execution(patch: Patch) -> None:
    """The same, with the comparison: nobody can follow."""
    compare = checking.check_same
    any_state_root(patch)
    patch.setattr(chain, "check_same", compare)


def signals_twice(patch: Patch) -> None:
    def paying(working: Any, signed: Any) -> Any:
        return working.accounts.get(signed.signal.neuron)

    patch.setattr(admission, "_paying", paying)
    standing = check_standing

    def any_nonce(chain: Any, signed: Any, *limits: Any) -> Any:
        try:
            return standing(chain, signed, *limits)
        except SignalError as error:
            account = read_account(chain.state.get, signed.signal.neuron)
            if error.code != "nonce" or account is None:
                raise
            return account

    patch.setattr(examining, "check_standing", any_nonce)


def any_signal_signature(patch: Patch) -> None:
    patch.setattr(world, "verify_many", lambda domain, checks: [True for _ in checks])


def torn_store(patch: Patch) -> None:
    made = MachineDisk.__init__

    def torn(self: MachineDisk, struck: Any, *, recovers: bool) -> None:
        made(self, struck, recovers=False)

    patch.setattr(MachineDisk, "__init__", torn)


def lost_commits(patch: Patch) -> None:
    """What was said to be kept is gone when the process ends."""
    opened = MachineDisk.open

    def earlier(self: MachineDisk, process: Any) -> Any:
        before = getattr(self, "before", None)
        if before is not None:
            self.kept = before
        self.before = copy_store(self.kept)  # type: ignore[attr-defined]
        return opened(self, process)

    patch.setattr(MachineDisk, "open", earlier)


def unsolved_focus(patch: Patch) -> None:
    advance = ChainFocus.advance

    def lax(self: ChainFocus, edits: Any) -> Any:
        self.limit = LAX
        return advance(self, edits)

    patch.setattr(ChainFocus, "advance", lax)


def forgotten_signals(patch: Patch) -> None:
    read = OpenLetterbox.read

    def once(self: OpenLetterbox, *given: Any) -> Any:
        found = read(self, *given)
        self.remove([packet.id for packet in found])
        return found

    patch.setattr(OpenLetterbox, "read", once)


def handlers_that_fail(patch: Patch) -> None:
    def hello(self: PeerAnswers) -> Any:
        raise ZeroDivisionError

    patch.setattr(PeerAnswers, "hello", hello)


FOUND: dict[Callable[[Patch], None], tuple[str, str]] = {
    any_block_signature: ("forged header", "one block a height|nobody is stuck"),
    any_state_root: ("none", "roots are those of the leaves"),
    wrong_execution: ("none", "nobody is stuck"),
    signals_twice: ("peer", "signals stand once"),
    any_signal_signature: ("peer", "signals are their neurons'"),
    torn_store: (
        "torn write",
        "unreadable|uncaught|roots are those|nobody is stuck|nothing is lost",
    ),
    lost_commits: ("kill", "nothing is lost|one block a height"),
    unsolved_focus: ("none", "focus is within its bound"),
    forgotten_signals: ("kill", "what is acknowledged is in a block"),
    handlers_that_fail: ("none", "uncaught"),
}


def first_broken(kinds: str) -> SimulationError | None:
    for seed in SEEDS:
        try:
            SimulatedNetwork(
                draw_schedule(seed, NODES, BLOCKS, kinds_of(kinds)), operations()
            ).run()
        except SimulationError as error:
            return error
    return None


@pytest.mark.parametrize("canary", FOUND, ids=lambda canary: canary.__name__)
def test_what_is_switched_off_is_found(
    canary: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds, name = FOUND[canary]
    canary(monkeypatch)
    monkeypatch.setattr(room, "SETTLING_S", 20.0)
    found = first_broken(kinds)
    assert found is not None
    assert any(part in found.code for part in name.split("|")), str(found)
    assert str(found).startswith("seed ")
