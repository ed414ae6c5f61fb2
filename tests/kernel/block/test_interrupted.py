"""Whoever interrupts a chain anywhere can go on with it: the store says what holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from focusmesh.kernel.block import Chain, verify_chain
from focusmesh.kernel.focus import ChainFocus
from focusmesh.kernel.state import LinkTable, MemoryStore
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import Writer

ANN, BOB = KEYS[1:3]


class InterruptedStore(MemoryStore):
    """Is interrupted just after a commit, where ``is_interrupted`` says so."""

    is_interrupted = False

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with super().write() as writer:
            yield writer
        if self.is_interrupted:
            raise KeyboardInterrupt


def begun() -> tuple[InterruptedStore, Ledger]:
    store = InterruptedStore()
    here = Ledger(store)
    here.block(here.links(ANN, ("a", "b"), ("b", "c")))
    return store, here


def check_goes_on(store: InterruptedStore, here: Ledger) -> None:
    """The next block is made, another node opens what is kept, and all of it follows from its blocks."""
    height = here.chain.height
    here.block(here.links(BOB, ("c", "d")))
    assert here.chain.height == height + 1
    opened = Chain(store, REGISTRY)
    assert (opened.tip, opened.state.root) == (here.chain.tip, here.chain.state.root)
    assert verify_chain(store, REGISTRY).height == height + 1


def test_interrupted_just_after_the_commit() -> None:
    store, here = begun()
    store.is_interrupted = True
    with pytest.raises(KeyboardInterrupt):
        here.propose(here.links(ANN, ("a", "c")))
    store.is_interrupted = False
    assert here.chain.height == 2
    check_goes_on(store, here)


@pytest.mark.parametrize("method", ["moment", "_header", "_step"])
def test_interrupted_before_the_commit(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    store, here = begun()
    signal = here.links(ANN, ("a", "c"))
    with monkeypatch.context() as patched:
        patched.setattr(Chain, method, _interrupt)
        with pytest.raises(KeyboardInterrupt):
            here.propose(signal)
    assert here.chain.height == 1
    here.block(signal)
    check_goes_on(store, here)


@pytest.mark.parametrize(("owner", "method"), [(ChainFocus, "advance"), (LinkTable, "apply")])
def test_interrupted_when_something_in_memory_has_moved(
    monkeypatch: pytest.MonkeyPatch, owner: type[object], method: str
) -> None:
    store, here = begun()
    signal = here.links(ANN, ("a", "new"), ("newer", "c"))
    done = getattr(owner, method)

    def do_and_interrupt(*arguments: object) -> None:
        done(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, method, do_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            here.propose(signal)
    here.block(here.links(BOB, ("newest", "a"), ("c", "newer")))
    here.block(signal)
    check_goes_on(store, here)


def test_interrupted_before_the_chain_took_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the end of the transaction and the next line."""
    store, here = begun()
    before = here.chain.tip
    here.block(here.links(ANN, ("a", "c")))
    monkeypatch.setattr(here.chain, "tip", before)
    here.block(here.links(BOB, ("d", "a")))
    assert here.chain.height == 3
    check_goes_on(store, here)


def _interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt
