"""A certificate's file, written by all ranks: each has a range of the particles in the order of digests."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.checkpoints import raise_together
from focusmesh.engine.focus import certificate_head
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.focus import RankCertificate, Ranks
    from focusmesh.engine.support.arrays import MassArray, OffsetArray

_WORD = 8


def write_by_ranks(
    certificate: RankCertificate, particles: bytes, count: int, path: Path, ranks: Ranks
) -> None:
    """The file that ``Certificate.save`` would write, whole or not at all; ``path`` is one that all ranks see.

    ``particles``: BLAKE3 of all digests; ``count``: of all particles. All ranks call it together; raises FileError on
    the rank that cannot write, RankError with its words on the others.
    """
    cuts = np.array([count * rank // ranks.size for rank in range(ranks.size + 1)])
    vector = _by_digest(certificate, cuts, ranks)
    head = certificate_head(
        certificate.params, count, certificate.weight_unit, particles, own=False
    )
    beside = path.parent / f".{path.name}.unfinished"
    try:
        if ranks.rank == 0:
            _together(ranks, lambda: _begin(beside, head, len(head) + _WORD * count))
        else:
            _together(ranks, None)
        start = len(head) + _WORD * int(cuts[ranks.rank])
        _together(ranks, lambda: _fill(beside, start, vector.astype("<u8").tobytes()))
        _together(ranks, (lambda: _end(beside, path)) if ranks.rank == 0 else None)
    except Exception:
        if ranks.rank == 0:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        raise


def _by_digest(certificate: RankCertificate, cuts: OffsetArray, ranks: Ranks) -> MassArray:
    """The entries of this rank's range of the order by digests."""
    order = np.argsort(certificate.rank, kind="stable")
    places, values = certificate.rank[order].astype(np.int64), certificate.vector[order]
    ends = np.searchsorted(places, cuts).tolist()
    spans = [slice(ends[to], ends[to + 1]) for to in range(ranks.size)]
    told = ranks.swap([places[span] for span in spans])
    sent = ranks.swap([values[span] for span in spans])
    first = int(cuts[ranks.rank])
    vector = np.zeros(int(cuts[ranks.rank + 1]) - first, dtype=np.uint64)
    for at, amounts in zip(told, sent, strict=True):
        vector[at - first] = amounts
    return vector


def _together(ranks: Ranks, act: object) -> None:
    """What this rank has to do, if anything; then all go on, or none."""
    failed: Exception | None = None
    if callable(act):
        try:
            act()
        except OSError as error:
            failed = FileError(f"cannot write the certificate: {error.strerror or error}")
            failed.__cause__ = error
    raise_together(ranks, failed, "the certificate was not written")


def _begin(beside: Path, head: bytes, size: int) -> None:
    with beside.open("wb") as file:
        file.write(head)
        file.truncate(size)


def _fill(beside: Path, start: int, content: bytes) -> None:
    with beside.open("r+b") as file:
        file.seek(start)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _end(beside: Path, path: Path) -> None:
    beside.replace(path)
