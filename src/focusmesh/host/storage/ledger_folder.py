"""What a network of ours is made of: its operation set, its genesis, where its parts lie in a folder."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, StoreBusyError
from focusmesh.host.path_hints import close_paths, entries, hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.kernel.block import Grant
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Parameters

_ATTEMPTS = 50
SECONDS_BETWEEN_LOOKS = 0.02
"""How long whoever waits for another process of this ledger rests before it looks again."""
_PROGRAMS_CAME_WITH = 2
"""The number of the application whose networks were the first to have programs."""
STAKE = 10**15
"""What the first neuron of a ledger has staked, in base units, unless something else is said."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A ledger's folder: ``store`` (the chain), ``spool`` (signals for the node), ``node.lock`` (held by the node),
    ``votes`` (a validator's vote records).

    ``store.unfinished`` is a store that is being made, or that somebody was killed at; ``store.before-upgrade`` the one
    of before an upgrade.
    """

    path: Path

    @classmethod
    def existing(cls, where: str | Path) -> Folder:
        """The folder of a ledger; raises FileError where there is none, with what else may have been meant."""
        folder = cls(Path(where))
        if not folder.is_there():
            raise FileError(f"{where}: {absence(folder.path)}")
        return folder

    def is_there(self) -> bool:
        """Whether the folder holds a ledger; a process that was killed while it exchanged stores is gone on for."""
        if not self.store.exists():
            from focusmesh.kernel.state import finish_exchange

            finish_exchange(self.store)
        return (self.store / "data.mdb").is_file()

    @property
    def store(self) -> Path:
        """The chain and the state."""
        return self.path / "store"

    @property
    def unfinished_store(self) -> Path:
        """A store that is not whole yet."""
        return self.path / "store.unfinished"

    @property
    def votes(self) -> Path:
        """What the validator of this node must not forget; without it a validator waits for the next epoch."""
        return self.path / "votes"

    @property
    def spool(self) -> Path:
        """Signals that other processes leave for the node."""
        return self.path / "spool"

    @property
    def peers(self) -> Path:
        """The peers that its node dials, one a line; where there is such a file, it is a network's node."""
        return self.path / "peers"

    @property
    def follows(self) -> Path:
        """Is there where the node only follows, whatever keys are at hand."""
        return self.path / "follows"

    @property
    def lock(self) -> Path:
        """Held while a node runs."""
        return self.path / "node.lock"


def absence(path: Path) -> str:
    """Why there is no ledger at ``path``, which ledgers are near, and at last how one is made."""
    if (path / "store.unfinished").is_dir():
        return (
            "a ledger was being made here and is not whole: a restore, an import or a join goes on, or was cut off; "
            "where it was, do it again with the same command"
        )
    near = hint([path.parent, *entries(path), *close_paths(path)], _is_ledger)
    if path.is_file():
        return f"is a file, a ledger is a folder{near}"
    why = "there is no ledger here" if path.is_dir() else "there is no such folder"
    return f"{why}{near}; `focusmesh node init {quote(str(path))}` makes a new ledger"


def _is_ledger(path: Path) -> bool:
    """As ``Folder.is_there``, for a folder that nobody asked to open: nothing is gone on for there."""
    return (path / "store" / "data.mdb").is_file()


def serving(folder: Folder) -> int | None:
    """The pid of the node that runs on this folder, None where none does."""
    with suppress(FileNotFoundError), folder.lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read(20) or 0)
    return None


@contextmanager
def marked_serving(folder: Folder) -> Iterator[None]:
    """Says that this process is the node of ``folder`` while the block runs; raises StoreBusyError beside another."""
    with folder.lock.open("a+b", buffering=0) as file:
        for attempt in range(_ATTEMPTS):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # Whoever asks whether a node runs holds it for a moment.
                if attempt == _ATTEMPTS - 1:
                    raise StoreBusyError(
                        f"a node runs on {folder.path} already, process {serving(folder)}"
                    ) from None
                time.sleep(0.01)
        try:
            file.truncate(0)
            file.write(str(os.getpid()).encode())
        except OSError as error:
            raise FileError(f"{folder.lock} cannot be written: {error.strerror}") from error
        yield


def milliseconds() -> int:
    """The time since 1970, in milliseconds."""
    return time.time_ns() // 1_000_000


def operations() -> Registry:
    """Every operation that a signal of a new network may hold, and the sets of networks that were made earlier.

    A network keeps the set of its genesis until it votes for another. With each application of the list there came
    another set: that of before, the application's operations, and what others got with it. Programs came with the
    second.
    """
    from focusmesh.apps import applications
    from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PROGRAM_OPERATIONS, Registry

    known, sets, every = KERNEL_OPERATIONS, list[Registry](), applications()
    for number, application in enumerate(every, 1):
        programs = PROGRAM_OPERATIONS if number == _PROGRAMS_CAME_WITH else ()
        later = [each for other in every for each in other.later.get(application.name, ())]
        known = (*known, *programs, *application.operations, *later)
        sets.append(Registry(known, tuple(sets)))
    return sets[-1]


def create(
    folder: Folder, name: str, parameters: Parameters, grants: Sequence[Grant], time: int
) -> None:
    """Makes a ledger: its folder, its store, its first block; ``time`` in milliseconds since 1970.

    Raises FileError where the folder holds something, BlockError ("genesis") for grants that cannot be.
    """
    from focusmesh.host.storage.ledger_create import making
    from focusmesh.kernel.block import Chain, Genesis
    from focusmesh.kernel.node import mark_new
    from focusmesh.kernel.state import LmdbStore

    genesis = Genesis(
        name=name,
        time=time,
        parameters=parameters,
        grants=tuple(sorted(grants, key=lambda grant: grant.neuron)),
        operations=operations().digest,
    )
    genesis.verify()
    with making(folder) as path:
        store = LmdbStore(path)
        try:
            Chain.create(store, genesis, operations())
            if parameters.agreement is not None:
                mark_new(store)
        finally:
            store.close()
    make_book(folder)


def begin_votes(folder: Folder, *, was_solo: bool = False) -> None:
    """Makes the book of votes of a ledger that one key can hand over: nobody has voted on its blocks here.

    Nothing where there is a book, or one was there, and where validators decide already, unless ``was_solo``: this
    process was its node before they did. Raises StoreError.
    """
    from focusmesh.kernel.block import is_voted_on, read_book_name, votes_or_will
    from focusmesh.kernel.state import LmdbStore

    with closing(LmdbStore(folder.store, readonly=True)) as ledger, ledger.read() as reader:
        may_begin = was_solo or not is_voted_on(reader)
        is_needed = may_begin and votes_or_will(reader) and read_book_name(reader) is None
    if is_needed and not folder.votes.exists():
        make_book(folder)


def make_book(folder: Folder) -> None:
    """Makes the book of votes of a ledger whose validator never voted; nothing where none votes. Raises StoreError."""
    from focusmesh.kernel.block import votes_or_will
    from focusmesh.kernel.node import VoteLog, begin_book
    from focusmesh.kernel.state import LmdbStore

    with closing(LmdbStore(folder.store)) as ledger:
        with ledger.read() as reader:
            if not votes_or_will(reader):
                return
        folder.votes.mkdir(mode=0o700, exist_ok=True)
        with closing(LmdbStore(folder.votes)) as votes:
            begin_book(ledger, VoteLog(votes), os.urandom)


def doubt_votes(store_path: Path) -> None:
    """Says in the store of a ledger that its validator may have voted elsewhere; nothing where none votes.

    Raises StoreError.
    """
    from focusmesh.kernel.block import votes_or_will
    from focusmesh.kernel.node import mark_unknown
    from focusmesh.kernel.state import LmdbStore

    with closing(LmdbStore(store_path)) as ledger:
        with ledger.read() as reader:
            is_needed = votes_or_will(reader)
        if is_needed:
            mark_unknown(ledger)
