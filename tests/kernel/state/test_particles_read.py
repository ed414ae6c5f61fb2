"""Ids of digests as a process reads them that did not give them."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.ids import digest
from focusmesh.kernel.state import MemoryStore
from focusmesh.kernel.state.particles import Particles


@pytest.mark.parametrize("counts", [(1,), (59, 1, 1), (60, 60), (1_500, 3, 2_000)])
def test_whoever_only_reads_sees_all_digests_at_the_first_look(counts: tuple[int, ...]) -> None:
    store, writing, following = MemoryStore(), Particles("neuron"), Particles("neuron")
    given: list[bytes] = []
    for count in counts:
        new = [digest(b"%d" % number) for number in range(len(given), len(given) + count)]
        rows = np.frombuffer(b"".join(new), np.uint8).reshape(-1, 32)
        with store.write() as writer:
            assert writing.intern(writer, rows).tolist() == list(
                range(len(given), len(given) + count)
            )
        given += new
        with store.read() as reader:
            for reading in (following, Particles("neuron")):
                assert [row.tobytes() for row in reading.digests(reader)] == given
            fresh = Particles("neuron")
            assert len(fresh.prefixes(reader)) == len(given)
            assert fresh.find(reader, rows).tolist() == writing.find(reader, rows).tolist()
