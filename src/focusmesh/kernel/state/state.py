"""The state of a ledger: what it is now, how a block moves it, and what it was within the history window.

A block is one transaction of the store: links go into rows, rows and other entries into the tree, and what it takes to
go back is kept beside them. Nothing of it is seen before the transaction ends well.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.state.block_writes import HEIGHT_KEY, BlockWrites, base_of, height_of
from focusmesh.kernel.state.key_space import BLOB_PREFIX
from focusmesh.kernel.state.links.links import LinkTable
from focusmesh.kernel.state.overlay import StateOverlay, no_blocks
from focusmesh.kernel.state.store import lasting
from focusmesh.kernel.state.tree.tree import Tree
from focusmesh.kernel.state.undo import read_undo
from focusmesh.kernel.state.view import StateView
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray
    from focusmesh.kernel.state.accounts.parameters import Parameters
    from focusmesh.kernel.state.store import Reader, Store
    from focusmesh.kernel.state.votes.halts import ShownStatement


_RECENT_MAX = 1 << 16
"""Entries that the last blocks wrote are kept at hand, about 200 bytes each: who signs often signs again."""


class State:
    """The committed state in a store. It sees what it committed itself; ``refresh`` sees what another process did.

    Not safe between threads.
    """

    def __init__(
        self,
        store: Store,
        parameters: Parameters,
        state_root: Callable[[int], bytes] = no_blocks,
    ) -> None:
        """``state_root`` gives the root after an earlier block: who keeps the blocks knows it, a state does not."""
        self.parameters = parameters
        """What holds for the next block; whoever keeps the blocks says so when that changes."""
        self.electorate: Mapping[bytes, int] = {}
        """Who votes on the next block, or may make it, by the keys that sign, with their weights."""
        self.statement: ShownStatement | None = None
        """The last statement that was shown, which may halt the next block."""
        self._state_root = state_root
        self._store = store
        self._links = LinkTable(parameters.weight_unit)
        self._recent: dict[bytes, bytes | None] = {}
        self._base = _Base(store, self._links, self._recent)
        self.refresh()

    def refresh(self) -> None:
        """Reads where the store is now, be it ahead or back. O(1)."""
        self._base.close()
        self._recent.clear()
        with self._store.read() as reader:
            self.height = height_of(reader)
            self.root = Tree.open(reader).root

    @property
    def digests(self) -> ByteArray:
        """Digests of all particles by their ids, uint8, shape (n, 32); not to be written to."""
        with self._store.read() as reader:
            return self._links.particles.digests(reader)

    def axons(self) -> tuple[IndexArray, IndexArray, MassArray]:
        """Source ids, target ids and weights of all axons. O(m)."""
        with self._store.read() as reader:
            axons = self._links.load_axons(reader)
        return axons.source, axons.target, axons.weight

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where it has none. O(log n)."""
        with self._store.read() as reader:
            return Tree.open(reader).get(key)

    def scan(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix`` and lie behind ``after``, ascending, with their values."""
        with self._store.read() as reader:
            yield from Tree.open(reader).scan(prefix, after)

    def begin(self, height: int, time: int, proposer: bytes) -> StateOverlay:
        """The changes of the next block, none yet. They read this moment of the store until they are settled.

        One block is begun at a time: what another one read so far is let go of.
        """
        self._base.close()
        self._base = _Base(self._store, self._links, self._recent)
        working = StateOverlay(
            self._base,
            height,
            time,
            self.parameters,
            proposer,
            self._state_root,
            self.electorate,
        )
        working.is_halted = self.statement is not None and self.statement.halts(height)
        working.finishers.append(self._base.close)
        return working

    @contextmanager
    def transition(self, working: StateOverlay) -> Iterator[BlockWrites]:
        """Commits what a block changed when the ``with`` block ends; an exception there leaves everything as it was."""
        working.settle()
        # Before anything is written: whatever ends this half-way, no old value is taken for the present one.
        for key in working.entries:
            self._recent.pop(key, None)
        with self._store.write() as writer:
            moved = BlockWrites.of(writer, self._links, working)
            yield moved
            for key in moved.late:
                self._recent.pop(key, None)
            moved.finish(self.parameters.history_window)
            writer.put("meta", HEIGHT_KEY, encode(working.height))
        self.height, self.root = working.height, moved.root
        if len(self._recent) > _RECENT_MAX:
            self._recent.clear()
        self._recent.update(working.entries)
        self._recent.update(moved.late)

    def within(self, moved: BlockWrites) -> StateView:
        """The state in the middle of a ``transition``, with what it writes later."""
        height = moved.height
        return StateView.of(
            moved.writer, self._links, height, read_undo(moved.writer, height + 1, height)
        )

    def keep(self, contents: Mapping[bytes, bytes]) -> None:
        """Keeps contents, by digest, that are claimed and are not here; no root depends on that. O(contents · log n).

        What is not claimed, or has another size, is passed over; in a store of layers only what is settled claims.
        """
        with lasting(self._store).write() as writer:
            tree = Tree.open(writer)
            for name, content in sorted(contents.items()):
                claim = tree.get(BLOB_PREFIX + name)
                if claim is not None and decode(claim)[0] == len(content):
                    writer.put("contents", name, content)

    @contextmanager
    def at(self, height: int | None = None) -> Iterator[StateView]:
        """The state as it is, or was at ``height``, for as long as the ``with`` block runs.

        Raises BlockError ("height") where that is not within the history window. O(changes since · log n) to go back.
        """
        with self._store.read() as reader:
            now = height_of(reader)
            wanted = now if height is None else height
            first = max(now - self.parameters.history_window, base_of(reader))
            if not first <= wanted <= now:
                raise BlockError(
                    "height",
                    f"the state at {wanted} is not kept: blocks {first} to {now} can be asked for",
                )
            yield StateView.of(reader, self._links, wanted, read_undo(reader, wanted + 1, now))


class _Base:
    """What a block starts from: one moment of the store, from the first question until ``close``.

    A tree that is opened once keeps the records above its leaves; opened for each account it would read them again.
    """

    def __init__(self, store: Store, links: LinkTable, recent: dict[bytes, bytes | None]) -> None:
        self._store = store
        self._links = links
        self._recent = recent
        self._held = ExitStack()
        self._moment: tuple[Reader, Tree] | None = None

    def close(self) -> None:
        self._moment = None
        self._held.close()

    def get(self, key: bytes) -> bytes | None:
        if key in self._recent:
            return self._recent[key]
        return self._now()[1].get(key)

    def amounts(self, links: Sequence[bytes]) -> list[int]:
        return self._links.amounts(self._now()[0], links)

    def content(self, digest: bytes) -> bytes | None:
        return self._now()[0].get("contents", digest)

    def has_particle(self, digest: bytes) -> bool:
        return self._links.has_particle(self._now()[0], digest)

    def _now(self) -> tuple[Reader, Tree]:
        if self._moment is None:
            reader = self._held.enter_context(self._store.read())
            self._moment = reader, Tree.open(reader)
        return self._moment
