"""Four steps by which the validators of a network go on where an epoch cannot end, on the folder of a stopped node."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

from focusmesh.errors import FileError, InputError, ProofError
from focusmesh.host.node.real_time import agreeing, real_world, serve_folder
from focusmesh.kernel.consensus import Recovery, Start, Vote
from focusmesh.kernel.node import (
    Report,
    VoteLog,
    apply_recovery,
    combine_votes,
    make_report,
    sign_start,
    start_of,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.world import SameProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.host.keys import Keyring
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Candidates
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey

FILE_BYTES_MAX = 1 << 20


def report_votes(folder: Folder, keyring: Keyring) -> Report:
    """Promises that the validator here votes no more in the turn that ends. Raises ProofError, StoreBusyError."""
    with _open_stopped(folder) as (candidates, votes):
        chain, book = candidates.decided, VoteLog(votes)
        return make_report(chain, candidates.store, book, _key(candidates, keyring), os.urandom)


def sign_epoch_start(
    folder: Folder, keyring: Keyring, reports: Sequence[Path]
) -> tuple[Start, bytes]:
    """The start that reports lead to, and this validator's signature of it, for a file. Raises as ``report_votes``."""
    read = [Report.from_bytes(_data(path)) for path in reports]
    with _open_stopped(folder) as (candidates, votes):
        chain, key = candidates.decided, _key(candidates, keyring)
        start = start_of(read, chain)
        vote = sign_start(start, read, chain, VoteLog(votes), key)
    return start, encode([list(start), vote.signer, vote.signature])


def statement(folder: Folder, votes: Sequence[Path]) -> Recovery:
    """The statement of validators who signed one start. Raises ProofError, FileError."""
    with _open_stopped(folder) as (candidates, _):
        chain = candidates.decided
        read = [_vote(path, chain.network) for path in votes]
        if len({start for start, _ in read}) != 1:
            starts = ", ".join(sorted(f"block {start.height}" for start, _ in read))
            raise ProofError("recovery", f"these signed several starts: {starts}")
        return combine_votes(read[0][0], [vote for _, vote in read], chain)


def apply_statement(folder: Folder, path: Path) -> Start:
    """The node here votes by the statement from its next start on. Raises ProofError, FileError."""
    read = Recovery.from_bytes(_data(path))
    with _open_stopped(folder) as (candidates, _):
        apply_recovery(read, candidates.decided, candidates.store)
    return read.start


@contextmanager
def _open_stopped(folder: Folder) -> Iterator[tuple[Candidates, Store]]:
    """What a node would have open; raises StoreBusyError while one runs, InputError where nobody votes."""
    world = real_world(folder, SameProcess())
    with serve_folder(folder, lambda: agreeing(folder, world), Event()) as (candidates, votes):
        if candidates.decided.validator_set is None:
            raise InputError(f"{folder.path}: one key makes its blocks, so it has no validators")
        yield candidates, votes


def _key(candidates: Candidates, keyring: Keyring) -> SigningKey:
    key = keyring.validator(candidates.decided.proposers, unnamed=True)
    if key is None:
        raise InputError("no validator's key is here: name it by --key")
    return key


def _vote(path: Path, network: bytes) -> tuple[Start, Vote]:
    try:
        parts: Any = decode(_data(path))
        start, (_, validator, signature) = Start(*parts[0]), parts
        return start, Vote(start.ballot(network), validator, signature)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise ProofError("recovery", f"{path}: is not a signature of a start: {error}") from error


def _data(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
