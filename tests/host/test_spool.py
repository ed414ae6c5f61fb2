"""The spool: packets appear whole, are bounded, and whoever left one learns why it was refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import SignalError
from focusmesh.host.spool import Spool, database, reasons
from focusmesh.host.spool import spool as module
from focusmesh.ids import digest
from focusmesh.kernel.admission import AdmissionLimits
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from pathlib import Path


def packet(number: int, size: int = 100) -> Packet:
    return Packet(bytes(64) + bytes([number]) * size, (b"content",))


def test_a_packet_comes_out_as_it_was_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    for number in (3, 1, 2):
        spool.leave(packet(number))
    assert {found.wire for found in spool.read(1 << 20)} == {packet(n).wire for n in (1, 2, 3)}
    assert spool.read(1 << 20)[0].contents == (b"content",)
    assert all(spool.has(packet(number).id) for number in (1, 2, 3))
    spool.remove([packet(1).id])
    assert len(spool.waiting()) == 2
    assert len(Spool(tmp_path / "spool").waiting()) == 2


def test_a_portion_is_bounded_but_never_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(10):
        spool.leave(packet(number, 1_000))
    assert len(spool.read(3_500)) == 3
    assert len(spool.read(1)) == 1


def test_a_refusal_is_told_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.leave(packet(1))
    assert spool.refusal(packet(1).id) is None
    spool.refuse(packet(1).id, SignalError("nonce", "words"))
    assert not spool.has(packet(1).id)
    told = spool.refusal(packet(1).id)
    assert told is not None
    assert (told.code, str(told)) == ("nonce", "words")
    assert spool.refusal(packet(1).id) is None


def test_refusals_that_nobody_asks_for_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "REASONS_MAX", 3)
    spool = Spool(tmp_path)
    for number in range(8):
        spool.refuse(packet(number).id, SignalError("nonce", str(number)))
    told = [spool.refusal(packet(number).id, keep=True) for number in range(8)]
    assert [str(each) for each in told if each] == ["5", "6", "7"]
    spool.fail({packet(number).id: str(number) for number in range(8)})
    assert [spool.failure(packet(number).id) for number in (0, 4, 7)] == ["", "", "7"]
    assert str(spool.refusal(packet(7).id)) == "7"


def test_why_a_signal_failed_is_told_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.fail({packet(1).id: "5 to lock, 3 are free"})
    assert spool.failure(packet(2).id) == ""
    assert spool.failure(packet(1).id) == "5 to lock, 3 are free"
    assert spool.failure(packet(1).id) == ""


def test_the_files_of_an_older_focusmesh_are_read_in_and_removed(tmp_path: Path) -> None:
    for number in (2, 1):
        path = tmp_path / f"{packet(number).id.hex()}.signal"
        path.write_bytes(packet(number).encode())
        os.utime(path, (number, number))
    (tmp_path / f"{'ab' * 32}.signal").write_bytes(b"garbage")
    (tmp_path / f"{'cd' * 32}.signal").write_bytes(packet(3).encode())
    (tmp_path / f".{'ef' * 32}.signal.1").write_bytes(b"begun")
    (tmp_path / f"{'12' * 32}.refused").write_bytes(b'{"code": "nonce", "message": "words"}')
    (tmp_path / f"{'34' * 32}.failed").write_bytes(b"too little")
    (tmp_path / "other.signal").write_bytes(b"not ours")
    spool = Spool(tmp_path)
    assert [found.wire for found in spool.read(1 << 20)] == [packet(1).wire, packet(2).wire]
    assert (str(spool.refusal(b"\x12" * 32)), spool.failure(b"\x34" * 32)) == (
        "words",
        "too little",
    )
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("signals.sqlite")}
    assert left == {"other.signal"}
    assert Spool(tmp_path).read(1 << 20) == spool.read(1 << 20)


def test_a_crash_while_old_files_are_read_in_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{packet(1).id.hex()}.signal").write_bytes(packet(1).encode())

    def died(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "unlink", died)
        with pytest.raises(KeyboardInterrupt):
            Spool(tmp_path)
    assert [found.wire for found in Spool(tmp_path).read(1 << 20)] == [packet(1).wire]
    assert len(Spool(tmp_path).waiting()) == 1


def test_what_was_damaged_in_the_log_is_taken_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in (1, 2):
        spool.leave(packet(number))
    spool.database.change(
        lambda log: (
            log.execute("UPDATE signals SET packet = x'00' WHERE id = ?", (packet(1).id,)).rowcount
        ),
        durable=False,
    )
    assert [found.wire for found in spool.read(1 << 20)] == [packet(2).wire]
    assert set(spool.waiting()) == {packet(2).id}


@pytest.mark.parametrize("limit", [{"signals": 3}, {"bytes": 400}])
def test_a_full_spool_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: dict[str, int]
) -> None:
    few = {"neuron_signals": 1, "neuron_early": 1, "early": 1}
    monkeypatch.setattr(module, "LIMITS", AdmissionLimits(**(few | limit)))
    spool = Spool(tmp_path)
    for number in range(3):
        spool.leave(packet(number, 50))
    with pytest.raises(SignalError, match="in a moment"):
        spool.leave(packet(3, 200))
    spool.leave(packet(1, 50))
    spool.remove([packet(0, 50).id])
    spool.leave(packet(3, 50))
    assert len(spool.waiting()) == 3


def test_a_forgotten_content_is_looked_for_in_all_that_waits(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        spool.leave(packet(number))
    content = digest(b"content")
    assert spool.carrying(content) == 3
    spool.drop([bytes(32)])
    spool.drop([content], [packet(0).id])
    assert spool.carrying(content) == len(spool.waiting()) == 1
    spool.drop([content])
    assert spool.carrying(content) == len(spool.waiting()) == 0


ELSEWHERE = """
import sys
from pathlib import Path
from focusmesh.host.spool import Spool
from focusmesh.protocol.packet import Packet
Spool(Path(sys.argv[1])).leave(Packet(bytes(64) + bytes([int(sys.argv[2])]) * 100))
"""


def left_elsewhere(folder: Path, number: int) -> Packet:
    """A packet that another process leaves, and ends."""
    subprocess.run([sys.executable, "-c", ELSEWHERE, str(folder), str(number)], check=True)
    return Packet(bytes(64) + bytes([number]) * 100)


def missed(folder: Path) -> list[int]:
    """What other processes left and a spool that is open does not see, while this process opens it again and again."""
    spool = Spool(folder)
    found = []
    for number in range(1, 5):
        again = Spool(folder)
        left = left_elsewhere(folder, number)
        found += [] if spool.has(left.id) and again.has(left.id) else [number]
    return found


def test_who_ends_takes_nothing_away_from_who_goes_on(tmp_path: Path) -> None:
    """A node opens its spool in several places; what other processes leave has to reach all of them."""
    assert missed(tmp_path / "spool") == []


def test_twin_a_file_that_is_opened_and_closed_loses_its_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must fail: with them, the next process to end takes the log away that this one writes to."""

    def opened_and_closed(path: Path) -> bool:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return False

    monkeypatch.setattr(database, "_create", opened_and_closed)
    assert missed(tmp_path / "spool")
