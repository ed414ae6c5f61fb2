"""What ranks keep of a solve while it runs, so that another run goes on from there.

Each rank writes its own entries to a file of its own, every few sweeps, beside its work: two generations in turn, so
that one is whole on all ranks whenever any of them ends. A file is written whole or not at all, names the work that it
belongs to, and carries the digest of its entries.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from focusmesh.engine.support.files import whole_file
from focusmesh.errors import FileError, RankError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    import numpy.typing as npt

    from focusmesh.engine.focus import Ranks
    from focusmesh.engine.support.arrays import FloatArray

Values: TypeAlias = "npt.NDArray[Any]"

SOLVING, SOLVED, SETTLED = "solving", "solved", "settled"
"""Scores on their way; the scores that a certificate begins with; its vector."""
_GENERATIONS = 2
_TYPES = {SOLVING: "<f8", SOLVED: "<f8", SETTLED: "<u8"}


@dataclass(frozen=True)
class Checkpoint:
    """Own entries as they were kept: ``phase``, ``values`` and a few ``facts`` that all ranks wrote alike."""

    phase: str
    values: Values
    facts: dict[str, Any]
    generation: int


class Checkpoints:
    """The files of one rank in ``folder``, for the work that ``work`` names. All ranks call every method together."""

    def __init__(self, folder: Path, work: str, ranks: Ranks, count: int, every: int = 4) -> None:
        """``count``: own entries. ``every`` so many sweeps one generation is kept. Raises FileError."""
        self.seconds = 0.0
        self._folder, self._work, self._ranks = folder, work, ranks
        self._count, self._every = count, max(every, 1)
        self._sweeps = self._generation = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="focusmesh-checkpoint")
        self._writing: Future[None] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make {folder}: {error.strerror or error}") from error

    def note_sweep(self, vector: Callable[[], FloatArray]) -> None:
        """A sweep is over: keeps what was reached, if it is time to."""
        self._sweeps += 1
        if self._sweeps % self._every == 0:
            self.keep(SOLVING, vector(), {})

    def keep(self, phase: str, values: Values, facts: dict[str, Any]) -> None:
        """Writes a generation beside the work. Raises FileError where the one before could not be written."""
        self.flush()
        self._generation += 1
        held = values.astype(_TYPES[phase])
        self._writing = self._writer.submit(self._write, self._generation, phase, held, facts)

    def flush(self) -> None:
        """Returns when what was kept is on disk; raises FileError where it cannot be."""
        writing, self._writing = self._writing, None
        if writing is not None:
            begun = time.perf_counter()
            writing.result()
            self.seconds += time.perf_counter() - begun

    def latest(self) -> Checkpoint | None:
        """The newest generation that is whole on all ranks. What is kept from then on is newer than anything there."""
        found = {kept.generation: kept for kept in map(self._read, range(_GENERATIONS)) if kept}
        own = np.full(_GENERATIONS, -1.0)
        own[: len(found)] = sorted(found)
        told = self._ranks.gather(own)
        shared = set.intersection(*({*each.tolist()} for each in told)) - {-1.0}
        self._generation = max(int(max(each.max() for each in told)), 0)
        if not shared:
            return None
        kept = found[int(max(shared))]
        if (self._generation + 1 - kept.generation) % _GENERATIONS == 0:
            # The next one is not to be written over the one that all ranks have.
            self._generation += 1
        return kept

    def clear(self) -> None:
        """Removes the files: the work is done."""
        self.flush()
        for slot in range(_GENERATIONS):
            self._path(slot).unlink(missing_ok=True)

    def close(self) -> None:
        """Ends the writing."""
        self._writer.shutdown(wait=True)

    def _path(self, slot: int) -> Path:
        rank, size = self._ranks.rank, self._ranks.size
        return self._folder / f"rank-{rank:05d}-of-{size:05d}.{slot}.checkpoint"

    def _write(self, generation: int, phase: str, values: Values, facts: dict[str, Any]) -> None:
        payload = values.tobytes()
        head = {
            "work": self._work,
            "generation": generation,
            "phase": phase,
            "count": len(values),
            "digest": digest(payload).hex(),
            "facts": facts,
        }
        with whole_file(self._path(generation % _GENERATIONS)) as file:
            file.write(json.dumps(head, sort_keys=True).encode() + b"\n")
            file.write(payload)

    def _read(self, slot: int) -> Checkpoint | None:
        """What a slot has of this work; None for nothing, for other work, and for what is damaged."""
        try:
            line, _, payload = self._path(slot).read_bytes().partition(b"\n")
            head = json.loads(line)
            good = (
                head["work"] == self._work
                and head["count"] == self._count
                and head["digest"] == digest(payload).hex()
            )
            if not good:
                return None
            values = np.frombuffer(payload, dtype=_TYPES[head["phase"]])
            return Checkpoint(head["phase"], values, head["facts"], int(head["generation"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def raise_together(ranks: Ranks, error: Exception | None, what: str) -> None:
    """Raises ``error``, or RankError with the first that another rank has. All ranks call it together."""
    own = b"" if error is None else str(error).encode() or b"error"
    text = np.frombuffer(own, dtype=np.uint8)
    told = ranks.swap([text] * ranks.size)
    if error is not None:
        raise error
    for rank, words in enumerate(told):
        if len(words):
            raise RankError(f"{what}: rank {rank}: {bytes(words).decode(errors='replace')}")
