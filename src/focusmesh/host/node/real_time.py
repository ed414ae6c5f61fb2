"""A node in real time: the world of this machine, and the loop that makes a step whenever there is something to do."""

from __future__ import annotations

import math
import os
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from focusmesh.errors import StoreBusyError
from focusmesh.host.spool import REVIEW_SECONDS, Spool, SpoolReview
from focusmesh.host.storage import SECONDS_BETWEEN_LOOKS, marked_serving, milliseconds, operations
from focusmesh.kernel.node import Producer
from focusmesh.protocol.world import SameProcess, World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from threading import Event

    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Candidates, Chain, Inclusion
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.world import Checker

OpenT = TypeVar("OpenT")
PATIENCE_SECONDS = 10.0
"""How long a node that begins waits for a process that writes."""


def real_world(folder: Folder, pool: Checker) -> World[Store]:
    """This machine's clock and random source, stores on its disk, and the spool of ``folder`` for a net."""
    from focusmesh.kernel.state import LmdbStore

    return World(milliseconds, os.urandom, LmdbStore, Spool(folder.spool), pool)


@contextmanager
def writing(path: Path, world: World[Store]) -> Iterator[Chain]:
    """The chain in the store at ``path``, which is open while the block runs.

    Raises StoreError, StoreBusyError where somebody else writes to it, BlockError ("operations").
    """
    from focusmesh.kernel.block import Chain

    store = world.store(path)
    try:
        yield Chain(store, operations(), world.pool, lambda: world.clock() / 1_000)
    finally:
        store.close()


@contextmanager
def producing(
    path: Path, keys: Callable[[Collection[bytes]], SigningKey], world: World[Store]
) -> Iterator[Producer]:
    """The node of the chain in the store at ``path``, while the block runs. Raises as ``writing``."""
    with writing(path, world) as chain:
        yield Producer(chain, keys, world)


@contextmanager
def agreeing(folder: Folder, world: World[Store]) -> Iterator[tuple[Candidates, Store]]:
    """The blocks of a ledger where validators agree, and the store of this node's vote records, while the block runs.

    Raises as ``writing``.
    """
    from focusmesh.kernel.block import Candidates

    with ExitStack() as opened:
        store = world.store(folder.store)
        opened.callback(store.close)
        candidates = Candidates(store, operations(), world.pool, lambda: world.clock() / 1_000)
        folder.votes.mkdir(mode=0o700, exist_ok=True)
        votes = world.store(folder.votes)
        opened.callback(votes.close)
        yield candidates, votes


@contextmanager
def serving_chain(folder: Folder, world: World[Store], stop: Event) -> Iterator[Chain]:
    """The chain of ``folder``, of which this process is the node while the block runs. Raises as ``serve_folder``."""
    with serve_folder(folder, lambda: writing(folder.store, world), stop) as chain:
        yield chain


@contextmanager
def serve_folder(
    folder: Folder, opening: Callable[[], AbstractContextManager[OpenT]], stop: Event
) -> Iterator[OpenT]:
    """What ``opening`` opens of ``folder``, of which this process is the node while the block runs.

    It says so first, from when on nobody else begins to write, and waits some seconds for who does. Raises
    StoreBusyError where somebody goes on writing, or a node runs already.
    """
    refused_after = time.monotonic() + PATIENCE_SECONDS
    with marked_serving(folder), ExitStack() as opened:
        while True:
            try:
                found = opened.enter_context(opening())
                break
            except StoreBusyError:
                if stop.wait(SECONDS_BETWEEN_LOOKS) or time.monotonic() > refused_after:
                    raise
        yield found


@contextmanager
def node(
    folder: Folder, keys: Callable[[Collection[bytes]], SigningKey], pool: Checker, stop: Event
) -> Iterator[Producer]:
    """This process as the node of ``folder`` while the block runs; raises as ``serving_chain``."""
    world = real_world(folder, pool)
    with serving_chain(folder, world, stop) as chain:
        yield Producer(chain, keys, world)


def take_in(folder: Folder, chain: Chain, keys: Callable[[Collection[bytes]], SigningKey]) -> None:
    """Makes blocks of the signals that wait for a node that ended; those that are early go on waiting."""
    if folder.spool.is_dir() and Spool(folder.spool).waiting():
        finish(folder, Producer(chain, keys, real_world(folder, SameProcess())))


def review_of(folder: Folder, chain: Chain) -> SpoolReview:
    """The review of a ledger's spool, by the clock of this machine."""
    return SpoolReview(Spool(folder.spool), chain, milliseconds)


def finish(folder: Folder, producer: Producer, seconds: float = math.inf) -> None:
    """Makes blocks of what waits, so that none of it has to wait for the next node; for ``seconds`` at most."""
    review_of(folder, producer.chain).run()
    spool, until = Spool(folder.spool), time.monotonic() + seconds
    left = set(spool.waiting())
    while left and time.monotonic() < until:
        before = left
        made = producer.step()
        left = spool.waiting().keys() - producer.held_signals()
        # A step without a block may have refused all that it read, and there may be more.
        if made is None and left == before:
            return


def run(
    producer: Producer,
    interval: float,
    stop: Event,
    tell: Callable[[Inclusion], None],
    review: SpoolReview | None = None,
) -> None:
    """Makes blocks, at least ``interval`` seconds apart, until ``stop`` is set; a block begun is ended.

    ``review`` looks through what waits, every second.
    """
    reviewed = -math.inf
    while not stop.is_set():
        began = time.monotonic()
        if review is not None and began - reviewed >= REVIEW_SECONDS:
            review.run()
            reviewed = began
        made = producer.step()
        if made is not None:
            tell(made)
        rest = interval - (time.monotonic() - began) if made else SECONDS_BETWEEN_LOOKS
        stop.wait(max(0.0, rest))
