"""Memory that runs out and disks that refuse, at every call of the spool: what was left and taken over is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import FileError, SignalError
from focusmesh.host.spool import Spool
from focusmesh.protocol.packet import Packet
from tests.conftest import SOAK
from tests.kernel.state.injection import FAULTS, Fault, copied, in_memory, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WHERE = ("host/spool/",)
LEFT = 5


def packet(number: int) -> Packet:
    return Packet(bytes(64) + bytes([number]) * 100, (b"content",))


NOT_BEGUN = (
    *("leave", "remove", "refuse", "refuse_all", "read", "_let_go", "pop"),
    *("change", "rows", "translate_errors", "_translate_errors"),
)
"""Functions whose own first step may find no memory, and what is dropped once all is done."""
LATE = packet(99)
WORKS: dict[str, Callable[[Spool], Any]] = {
    "leave": lambda spool: spool.leave(LATE),
    "remove": lambda spool: spool.remove([packet(0).id]),
    "refuse": lambda spool: spool.refuse(packet(0).id, SignalError("nonce", "words")),
    "read": lambda spool: spool.read(1 << 20),
}


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    """A spool in which signals wait."""
    with in_memory() as folder:
        (folder / "filled").mkdir()
        spool = Spool(folder / "filled")
        for number in range(LEFT):
            spool.leave(packet(number))
        yield folder / "filled"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("work", WORKS)
def test_nothing_that_waits_is_lost(work: str, fault: Fault, filled: Path) -> None:
    step = 1 if SOAK else (3 if fault.at_doors else 17)
    count = 0
    for struck, spool, raised in injected(
        fault, WHERE, WORKS[work], lambda: Spool(copied(filled)), step=step
    ):
        count += 1
        if isinstance(raised, OSError) and not isinstance(raised, FileError):
            # Told in the words of the system.
            assert fault.at_doors, struck
        elif raised is not None:
            assert isinstance(raised, FileError | MemoryError), (struck, raised)
            if isinstance(raised, MemoryError):
                # Before the call came to anything that is the spool's to do.
                assert struck.split()[-1] in NOT_BEGUN, struck
            elif fault.name == "MemoryError":
                assert "memory ran out; end other programs" in str(raised)
        for opened in (spool, Spool(spool.folder)):
            waiting = {found.id for found in opened.read(1 << 20)}
            assert waiting >= {packet(number).id for number in range(1, LEFT)}, struck
            assert raised is not None or work != "leave" or LATE.id in waiting, struck
            assert packet(0).id in waiting or work in ("remove", "refuse"), struck
        WORKS[work](spool)
        assert spool.has(LATE.id) is (work == "leave")
    # Some files are opened by pathlib, in the standard library: those calls are not the spool's own.
    assert count or fault.at_doors
