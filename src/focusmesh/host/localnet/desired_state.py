"""How everything in a localnet shall be: commands change it, the supervisor sees to it."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from focusmesh.host.localnet.folder import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.localnet.folder import NetFolder


class Wish(msgspec.Struct, kw_only=True):
    """How one node shall be.

    A node that ended by itself is begun again with the next ``generation`` alone. ``twin`` is a second process with the
    same key for votes, of which there were ``twins`` so far. ``lies``: it commits to a false focus. ``program`` is the
    release that runs it (see ``interpreter``), and its server in the generation ``serves``.
    ``over`` says when faults end by themselves, in seconds since 1970.
    """

    runs: bool = True
    gently: bool = True
    generation: int = 0
    is_paused: bool = False
    is_cut: bool = False
    twin: bool = False
    twins: int = 0
    skew_ms: int = 0
    slow_ms: int = 0
    withhold: bool = False
    lies: bool = False
    program: str = ""
    serves: int = 0
    over: dict[str, float] = {}


class Wishes(msgspec.Struct, kw_only=True):
    """How all nodes shall be, by name."""

    nodes: dict[str, Wish] = {}

    def of(self, name: str) -> Wish:
        """That of a node; made where nobody wished anything yet."""
        return self.nodes.setdefault(name, Wish())


def read_wishes(folder: NetFolder) -> Wishes:
    """As of now; what cannot be read is no wish."""
    try:
        return msgspec.json.decode(folder.wishes_file.read_bytes(), type=Wishes)
    except (OSError, msgspec.DecodeError):
        return Wishes()


@contextmanager
def changed_wishes(folder: NetFolder) -> Iterator[Wishes]:
    """The wishes, to change; nobody else changes them meanwhile, and they are kept when the block ends well."""
    with (folder.path / "wishes.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wishes = read_wishes(folder)
        yield wishes
        write_whole(folder.wishes_file, msgspec.json.format(msgspec.json.encode(wishes)))


def due(wish: Wish, now: float | None = None) -> list[str]:
    """Faults of a node whose time is over."""
    moment = time.time() if now is None else now
    return [fault for fault, when in wish.over.items() if when <= moment]
