"""Must-fail twins: with any one rule of the ledger broken, the simulation says which invariant fell, and its seed."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from focusmesh.engine.focus import ONE
from focusmesh.kernel.block.chain import chain
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from focusmesh.kernel.node import Producer
from focusmesh.kernel.runtime import Context, Runtime, admission, execution
from focusmesh.kernel.state import Account, BlockWrites
from tests.world.judge import BrokenError
from tests.world.sim import OpenStore, SimWorld
from tests.world.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state import Writer

    Patch: TypeAlias = pytest.MonkeyPatch

SEED, SIGNALS = 25, 300


def no_supply(patch: Patch) -> None:
    patch.setattr(Context, "add_supply", lambda self, amount: None)


def free_stake(patch: Patch) -> None:
    patch.setattr(Account, "free_stake", 2**62)


def any_nonce(patch: Patch) -> None:
    def paying(working: Any, signed: Any) -> Account:
        account: Account | None = working.accounts.get(signed.signal.neuron)
        if account is None:
            raise admission.no_account(working.get, signed.signal.neuron)
        return account

    patch.setattr(admission, "_paying", paying)


def kept_content(patch: Patch) -> None:
    patch.setattr(Context, "drop_content", lambda self, digest: None)


def wrong_root(patch: Patch) -> None:
    patch.setattr(BlockWrites, "root", bytes(32))


def unsolved_focus(patch: Patch) -> None:
    advance = ChainFocus.advance

    def lax(self: ChainFocus, edits: FocusEdits) -> Any:
        self.limit = ONE
        return advance(self, edits)

    patch.setattr(ChainFocus, "advance", lax)


def heavy_edits(patch: Patch) -> None:
    of = FocusEdits.of

    def doubled(digests: Any, source: Any, target: Any, weight: Any) -> FocusEdits:
        return of(digests, source, target, [int(each) ** 2 for each in weight])

    patch.setattr(FocusEdits, "of", doubled)


def no_tips(patch: Patch) -> None:
    execute = Runtime.execute

    def unpaid(self: Runtime, *given: Any) -> Any:
        with pytest.MonkeyPatch.context() as within:
            within.setattr(execution, "_pay", lambda working, tips: None)
            return execute(self, *given)

    patch.setattr(Runtime, "execute", unpaid)


def lost_commits(patch: Patch) -> None:
    class UndoneError(Exception):
        pass

    @contextmanager
    def write(self: OpenStore) -> Iterator[Writer]:
        with suppress(UndoneError), self.kept.write() as writer:
            yield writer
            if writer.count("headers") > 4:
                raise UndoneError

    patch.setattr(OpenStore, "write", write)


def no_patience(patch: Patch) -> None:
    patch.setattr(Producer.__init__, "__defaults__", (0, None))


def own_clock(patch: Patch) -> None:
    world = SimWorld.world

    def ticking(self: SimWorld, net: Any) -> Any:
        given = world(self, net)
        return type(given)(lambda: given.clock() + 1, given.rng, given.store, given.net, given.pool)

    patch.setattr(SimWorld, "world", ticking)


def words_kept_back(patch: Patch) -> None:
    patch.setattr(Producer, "_is_early", lambda self, signed: True)


def forgets_alone(patch: Patch) -> None:
    patch.setattr(Producer, "_forget", lambda self, carried, done: None)


def early_for_ever(patch: Patch) -> None:
    patch.setattr(Producer.__init__, "__defaults__", (10**9, None))


def any_header(patch: Patch) -> None:
    patch.setattr(chain, "check_header", lambda *given: None)


BROKEN: dict[Callable[[Patch], None], str] = {
    no_supply: r"leaf b'/token/supply'|graph_root",
    free_stake: "outcomes",
    any_nonce: "outcomes|signals in a block",
    kept_content: "content ",
    wrong_root: "root",
    unsolved_focus: "limit",
    heavy_edits: "vector|rise|focus",
    no_tips: "the second node refuses",
    lost_commits: "cannot be read|after",
    no_patience: "patience",
    own_clock: "time",
    words_kept_back: "word kept back",
    forgets_alone: "contents dropped",
    early_for_ever: "left waiting",
    any_header: "touched",
}


@pytest.mark.parametrize("canary", BROKEN, ids=lambda canary: canary.__name__)
def test_what_is_broken_is_found(
    canary: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    canary(monkeypatch)
    with pytest.raises(BrokenError, match=BROKEN[canary]) as found:
        simulate(SEED, SIGNALS)
    assert f"seed {SEED}" in str(found.value)
