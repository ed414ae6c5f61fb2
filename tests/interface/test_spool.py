"""The spool: packets appear whole, are bounded, and whoever left one learns why it was refused."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FileError, SignalError
from focusmesh.ids import digest
from focusmesh.interface import spool as module
from focusmesh.interface.spool import Spool
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
    monkeypatch.setattr(module, "_REASONS_KEPT", 3)
    spool = Spool(tmp_path)
    for number in range(8):
        spool.refuse(packet(number).id, SignalError("nonce", str(number)))
    assert len(list(tmp_path.iterdir())) == 3
    assert str(spool.refusal(packet(7).id)) == "7"
    for number in range(8):
        spool.fail({packet(number).id: str(number)})
    assert len(list(tmp_path.glob("*.failed"))) == 3
    spool.fail({packet(number).id: "new" for number in range(8)})
    assert len(list(tmp_path.glob("*.failed"))) == 3


def test_why_a_signal_failed_is_told_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.fail({packet(1).id: "5 to lock, 3 are free"})
    assert spool.failure(packet(2).id) == ""
    assert spool.failure(packet(1).id) == "5 to lock, 3 are free"
    assert spool.failure(packet(1).id) == ""


def test_what_is_no_packet_is_taken_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.leave(packet(1))
    (tmp_path / f"{'ab' * 32}.signal").write_bytes(b"garbage")
    (tmp_path / f"{'cd' * 32}.signal").write_bytes(packet(2).encode())
    (tmp_path / "other.signal").write_bytes(b"not ours")
    assert [found.wire for found in spool.read(1 << 20)] == [packet(1).wire]
    assert len(spool.waiting()) == 1
    assert (tmp_path / "other.signal").exists()


@pytest.mark.parametrize(("name", "value"), [("SIGNALS_MAX", 3), ("SPOOL_BYTES_MAX", 600)])
def test_a_full_spool_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(module, name, value)
    spool = Spool(tmp_path)
    for number in range(3):
        spool.leave(packet(number))
    with pytest.raises(FileError, match="is the node running"):
        spool.leave(packet(3))
    spool.remove([packet(0).id])
    spool.leave(packet(3))
    assert len(spool.waiting()) == 3


def test_the_node_may_take_a_packet_while_another_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.leave(packet(1))
    listed = spool._names()
    spool.remove([packet(1).id])
    monkeypatch.setattr(spool, "_names", lambda: listed)
    spool.leave(packet(2))
    assert spool.has(packet(2).id)
    assert [found.id for found in spool.read(1 << 20)] == []


def test_a_forgotten_content_is_looked_for_in_all_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several senders that left signals at one moment can have filled it beyond its bound."""
    spool = Spool(tmp_path)
    for number in range(3):
        spool.leave(packet(number))
    monkeypatch.setattr(module, "SPOOL_BYTES_MAX", packet(0).size_bytes)
    content = digest(b"content")
    assert spool.carrying(content) == 3
    spool.drop([bytes(32)])
    spool.drop([content], [packet(0).id])
    assert spool.carrying(content) == len(spool.waiting()) == 1
    spool.drop([content])
    assert spool.carrying(content) == len(spool.waiting()) == 0
